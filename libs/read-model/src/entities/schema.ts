export const SCHEMA = 'read_model';

/** Ids and types compare by byte: the same order everywhere, and cheaper than a language's. */
export const BYTE_ORDER = 'C';
