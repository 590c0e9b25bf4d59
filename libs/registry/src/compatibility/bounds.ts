type Keywords = { readonly [keyword: string]: unknown };

/** Each numeric bound of the wider schema, with the types it speaks about. */
export const BOUND_KEYWORDS: Readonly<Record<string, 'number' | 'string' | 'array' | 'object'>> = {
  minimum: 'number',
  exclusiveMinimum: 'number',
  maximum: 'number',
  exclusiveMaximum: 'number',
  multipleOf: 'number',
  minLength: 'string',
  maxLength: 'string',
  minItems: 'array',
  maxItems: 'array',
  minProperties: 'object',
  maxProperties: 'object',
};

/** True when whatever keeps the narrow schema's bounds keeps this bound of the wide one too. */
export function boundIsImplied(keyword: string, wide: Keywords, narrow: Keywords): boolean {
  const bound = wide[keyword] as number;
  const own = numberAt(narrow, keyword);
  switch (keyword) {
    case 'minimum':
      return atLeast(own, bound) || atLeast(numberAt(narrow, 'exclusiveMinimum'), bound);
    case 'exclusiveMinimum':
      return atLeast(own, bound) || (numberAt(narrow, 'minimum') ?? Number.NEGATIVE_INFINITY) > bound;
    case 'maximum':
      return atMost(own, bound) || atMost(numberAt(narrow, 'exclusiveMaximum'), bound);
    case 'exclusiveMaximum':
      return atMost(own, bound) || (numberAt(narrow, 'maximum') ?? Number.POSITIVE_INFINITY) < bound;
    case 'multipleOf':
      return own === bound || (own !== undefined && Number.isSafeInteger(own / bound) && Number.isSafeInteger(bound));
    default:
      return keyword.startsWith('min') ? bound <= 0 || atLeast(own, bound) : atMost(own, bound);
  }
}

const numberAt = (schema: Keywords, keyword: string): number | undefined =>
  typeof schema[keyword] === 'number' ? (schema[keyword] as number) : undefined;

const atLeast = (value: number | undefined, bound: number): boolean => value !== undefined && value >= bound;
const atMost = (value: number | undefined, bound: number): boolean => value !== undefined && value <= bound;
