/** U+0000 and halves of surrogate pairs, as `JSON.stringify` writes them: PostgreSQL's jsonb takes neither. */
const UNSTORABLE = /(?<!\\)(?:\\\\)*\\u(?:0000|d[89ab][0-9a-f]{2}|d[c-f][0-9a-f]{2})/i;

/** True when every text in a JSON value can be stored as jsonb. */
export const isStorable = (value: unknown): boolean => !UNSTORABLE.test(JSON.stringify(value));
