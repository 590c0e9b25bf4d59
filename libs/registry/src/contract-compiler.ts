import { canonicalJson, err, ok, type Result } from '@intendant/kernel';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormatsModule from 'ajv-formats';
import { linearPattern } from './linear-pattern.js';

/** Where a value breaks a contract (JSON Pointer into the value, or into the schema) and how. */
export interface ContractFault {
  readonly pointer: string;
  readonly message: string;
}

/** Canonical size of one schema, in characters: a contract is read by people. */
export const SCHEMA_CHARS_MAX = 64 * 1024;

/** Characters of one regular expression (RE2); it runs inside the Runtime on every payload. */
export const PATTERN_CHARS_MAX = 1_024;

const MESSAGE_CHARS_MAX = 300;

// ajv-formats is CommonJS: depending on who loads it, its function is the module or the module's `default`
const addFormats = ((addFormatsModule as { default?: unknown }).default ?? addFormatsModule) as unknown as (
  ajv: Ajv2020,
) => void;

/**
 * Compiles JSON Schemas (draft 2020-12): strict, so that a misspelt keyword or an unknown format is refused; formats
 * are checked; a `$ref` may only point into its own document; the first fault ends a validation.
 */
export class ContractCompiler {
  readonly #ajv: Ajv2020;

  constructor() {
    this.#ajv = new Ajv2020({
      strict: true,
      strictRequired: false,
      strictTuples: false,
      allowUnionTypes: true,
      allErrors: false,
      validateFormats: true,
      messages: true,
      logger: false,
      // values come from JSON.parse: a payload member called __proto__ or toString is just a member
      ownProperties: true,
      // a contract compiles in time proportional to its size: a part that is referred to becomes one function, not a copy
      // for each reference, and ajv's passes over the generated code, which V8 does not need, are left out
      inlineRefs: false,
      code: { regExp: linearPattern, optimize: false },
    });
    addFormats(this.#ajv);
  }

  /** The validator, or why the schema is refused. */
  compile(schema: object): Result<ValidateFunction, ContractFault> {
    const size = canonicalJson(schema).length;
    if (size > SCHEMA_CHARS_MAX)
      return refused('', `the schema has ${size} characters, ${SCHEMA_CHARS_MAX} are allowed`);
    // the name of the document means nothing here, and must not take the place of another one in ajv
    const { $id: _name, ...unnamed } = schema as Record<string, unknown>;
    const misplaced = findMisplaced(unnamed, '');
    if (misplaced !== undefined) return err(misplaced);
    try {
      return ok(this.#ajv.compile(unnamed));
    } catch (error) {
      return refused('', (error as Error).message);
    } finally {
      // ajv would keep every schema it ever saw
      this.#ajv.removeSchema(unnamed);
    }
  }
}

/** The first fault of a value, or null when the value keeps the contract. */
export function firstFault(validate: ValidateFunction, value: unknown): ContractFault | null {
  try {
    if (validate(value)) return null;
  } catch {
    // a schema that refers to itself without end, or unique items with a member called valueOf
    return { pointer: '', message: 'the contract cannot be evaluated on this value' };
  }
  const error = validate.errors?.[0];
  if (error === undefined) return { pointer: '', message: 'breaks the contract' };
  const params = error.params as {
    additionalProperty?: string;
    unevaluatedProperty?: string;
    missingProperty?: string;
  };
  const member = params.additionalProperty ?? params.unevaluatedProperty ?? params.missingProperty;
  const pointer = member === undefined ? error.instancePath : `${error.instancePath}/${escapePointer(member)}`;
  return { pointer, message: (error.message ?? 'breaks the contract').slice(0, MESSAGE_CHARS_MAX) };
}

const refused = (pointer: string, message: string): Result<never, ContractFault> =>
  err({ pointer, message: message.slice(0, MESSAGE_CHARS_MAX) });

const escapePointer = (part: string): string => part.replaceAll('~', '~0').replaceAll('/', '~1');

const DATA_KEYWORDS = new Set(['const', 'enum', 'default', 'examples']);
const NAME_MAPS = new Set(['properties', 'patternProperties', '$defs', 'dependentSchemas']);

/** What ajv knows and JSON Schema does not, or what would reach beyond one document. */
const REFUSED_KEYWORDS: Readonly<Record<string, string>> = {
  $async: 'is not JSON Schema',
  nullable: 'is not JSON Schema; list "null" among the types',
  $id: 'may only stand at the root',
};

/** The first keyword that is not welcome in a contract; data such as `const` is not looked into. */
function findMisplaced(node: unknown, pointer: string, keysAreNames = false): ContractFault | undefined {
  if (typeof node !== 'object' || node === null) return undefined;
  for (const [key, value] of Object.entries(node)) {
    if (!keysAreNames && DATA_KEYWORDS.has(key)) continue;
    const here = `${pointer}/${escapePointer(key)}`;
    const message = keysAreNames ? undefined : unwelcome(key, value, node);
    if (message !== undefined) return { pointer: here, message };
    const found = findMisplaced(value, here, !keysAreNames && NAME_MAPS.has(key));
    if (found !== undefined) return found;
  }
  return undefined;
}

function unwelcome(keyword: string, value: unknown, beside: object): string | undefined {
  if (Object.hasOwn(REFUSED_KEYWORDS, keyword)) return REFUSED_KEYWORDS[keyword];
  if ((keyword === '$ref' || keyword === '$dynamicRef') && !String(value).startsWith('#'))
    return 'a reference may only point into its own document';
  if (keyword === 'pattern' && String(value).length > PATTERN_CHARS_MAX)
    return `a pattern may have ${PATTERN_CHARS_MAX} characters`;
  // ajv 8 skips `contains` for an empty array when `prefixItems` stands beside it
  if (keyword === 'contains' && Object.hasOwn(beside, 'prefixItems'))
    return 'cannot stand beside prefixItems; put it into allOf';
  return undefined;
}
