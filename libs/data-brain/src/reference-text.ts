/** Longest reference that is kept; the log's records have the same bound. */
const REFERENCE_CHARS_MAX = 256;

/**
 * True for what may be kept as a reference. Participants choose the texts that they name as sources, so a text that no
 * registered reference can have is not worth a look.
 */
export const isReferenceText = (text: string): boolean =>
  text.length > 0 && text.length <= REFERENCE_CHARS_MAX && isPlain(text);

/** One line, without control characters and lone surrogates, which not every store can hold. */
export const isPlain = (text: string): boolean => /^[^\p{Cc}\p{Cs}]*$/u.test(text);
