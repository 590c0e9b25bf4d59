import { RE2JS } from 're2js';

/** What ajv asks of a regular expression; it tells two apart by their texts. */
interface Pattern {
  test(text: string): boolean;
  toString(): string;
}

/**
 * Compiles a pattern of a contract with RE2, whose time grows with the text and never exponentially: the Runtime evaluates
 * patterns that it did not write on payloads that it did not write. Throws for what RE2 has not: looking around and back.
 */
function compile(pattern: string): Pattern {
  const compiled = compiledOf(pattern);
  return { test: (text) => compiled.matcher(text).find(), toString: () => pattern };
}

function compiledOf(pattern: string): RE2JS {
  try {
    return RE2JS.compile(RE2JS.translateRegExp(pattern));
  } catch (error) {
    throw new Error(`${(error as Error).message}; a pattern is a regular expression of RE2`);
  }
}

/** For ajv's option `code.regExp`; `code` is for validators that are written to files, which ours are not. */
export const linearPattern = Object.assign(compile, { code: 'linearPattern' });
