import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import type { Answer } from './cluster.js';

type Json = Record<string, unknown>;

const FORMATS = {
  'date-time': /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/,
  uuid: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
};

/** Holds answers against an OpenAPI document: status, media type, headers and body, with no member that it does not name. */
export class DescribedAnswers {
  readonly #ajv = new Ajv2020({ strict: false, allErrors: true, formats: FORMATS });
  readonly #paths: Readonly<Record<string, Json>>;
  /** `METHOD path status` of every answer that was held against it. */
  readonly seen = new Set<string>();

  constructor(document: Json) {
    this.#paths = document['paths'] as Record<string, Json>;
    this.#ajv.addSchema(closed(document) as Json, 'api');
  }

  /** What is wrong with an answer; empty when it is as described. */
  faults(method: string, path: string, { status, headers, body }: Answer): string[] {
    this.seen.add(`${method} ${path} ${status}`);
    const at = [path, method.toLowerCase(), 'responses', String(status)];
    const described = at
      .slice(1)
      .reduce<Json | undefined>((node, key) => node?.[key] as Json | undefined, this.#paths[path]);
    if (described === undefined) return [`status ${status} is not described (${JSON.stringify(body)})`];
    const mediaType = String(headers['content-type']).split(';')[0] as string;
    const content = (described['content'] as Json | undefined)?.[mediaType];
    if (content === undefined) return [`${mediaType} is not described for ${status}`];
    const missing = Object.entries((described['headers'] ?? {}) as Record<string, Json>)
      .filter(([name, header]) => header['required'] === true && headers[name] === undefined)
      .map(([name]) => `header ${name} is missing`);
    const validate = this.#validator(['paths', ...at, 'content', mediaType, 'schema']);
    if (validate(body)) return missing;
    return [
      ...missing,
      ...(validate.errors ?? []).map(
        (error) => `${error.instancePath} ${error.message} ${JSON.stringify(error.params)}`,
      ),
    ];
  }

  #validator(place: readonly string[]): ValidateFunction {
    const pointer = place.map((part) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/');
    return this.#ajv.compile({ $ref: `api#/${pointer}` });
  }
}

/** The same document with every object closed that names its members, except problem documents, which say what they like. */
function closed(node: unknown, name = ''): unknown {
  if (Array.isArray(node)) return node.map((item) => closed(item));
  if (typeof node !== 'object' || node === null) return node;
  const copy = Object.fromEntries(Object.entries(node).map(([key, value]) => [key, closed(value, key)]));
  const isOpen = name === 'Problem' || !('required' in copy);
  if (copy['type'] === 'object' && copy['properties'] !== undefined && !isOpen) copy['additionalProperties'] ??= false;
  return copy;
}
