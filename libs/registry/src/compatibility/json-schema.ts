import { canonicalJson } from '@intendant/kernel';

/** A JSON Schema: an object of keywords, or `true` (anything) or `false` (nothing). */
export type Schema = boolean | { readonly [keyword: string]: unknown };

export type JsonType = 'null' | 'boolean' | 'number' | 'string' | 'array' | 'object';

/** Keywords that say nothing about which values are valid. */
const ANNOTATIONS = new Set([
  // `$id` stands at the root only, the ContractCompiler sees to that
  '$id',
  '$schema',
  '$comment',
  '$defs',
  'definitions',
  'title',
  'description',
  'default',
  'examples',
  'deprecated',
  'readOnly',
  'writeOnly',
  'contentEncoding',
  'contentMediaType',
  'contentSchema',
]);

/** The keywords of a schema that decide about values. */
export const assertionsOf = (schema: { readonly [keyword: string]: unknown }): string[] =>
  Object.keys(schema).filter((keyword) => !ANNOTATIONS.has(keyword));

/** A document, to look up the references inside it. */
export class SchemaDocument {
  readonly #text: string;

  constructor(readonly root: Schema) {
    this.#text = canonicalJson(root);
  }

  equals(other: SchemaDocument): boolean {
    return this.#text === other.#text;
  }

  /**
   * The schema that a reference stands for, or undefined when it cannot be told: a `$ref` with other keywords beside
   * it, one that is no plain pointer into this document, or a chain of references that ends nowhere.
   */
  dereference(schema: Schema): Schema | undefined {
    let current = schema;
    for (let steps = 0; steps < 32; steps += 1) {
      if (typeof current === 'boolean' || typeof current.$ref !== 'string') return current;
      const target = assertionsOf(current).length === 1 ? this.#at(current.$ref) : undefined;
      if (target === undefined) return undefined;
      current = target;
    }
    return undefined;
  }

  #at(reference: string): Schema | undefined {
    if (reference !== '#' && !reference.startsWith('#/')) return undefined;
    let node: unknown = this.root;
    for (const part of reference.split('/').slice(1)) {
      const key = decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~');
      if (typeof node !== 'object' || node === null || !Object.hasOwn(node, key)) return undefined;
      node = (node as Record<string, unknown>)[key];
    }
    return isSchema(node) ? node : undefined;
  }
}

const isSchema = (value: unknown): value is Schema =>
  typeof value === 'boolean' || (typeof value === 'object' && value !== null && !Array.isArray(value));

/** True when two schemas, read alone, are the same text; with references in them that would prove nothing. */
export function sameWithoutReferences(a: unknown, b: unknown): boolean {
  const text = canonicalJson(a);
  return text === canonicalJson(b) && !text.includes('"$ref"') && !text.includes('"$dynamicRef"');
}

export const typeOfValue = (value: unknown): JsonType => {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return typeof value as JsonType;
};

/** `type` as a list; undefined when any type is allowed. `integer` stays itself. */
export function typesOf(schema: { readonly [keyword: string]: unknown }): readonly string[] | undefined {
  if (typeof schema.type === 'string') return [schema.type];
  if (Array.isArray(schema.type)) return schema.type as string[];
  const values = finiteValuesOf(schema);
  return values === undefined ? undefined : [...new Set(values.map(typeOfConstant))];
}

/** The values a schema with `const` or `enum` can have at most; undefined when there is no such list. */
export function finiteValuesOf(schema: { readonly [keyword: string]: unknown }): readonly unknown[] | undefined {
  if (Object.hasOwn(schema, 'const')) return [schema.const];
  return Array.isArray(schema.enum) ? schema.enum : undefined;
}

const typeOfConstant = (value: unknown): string => (Number.isInteger(value) ? 'integer' : typeOfValue(value));
