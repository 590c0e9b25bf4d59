/** Injection token of the composed {@link Platform}. */
export const PLATFORM = Symbol('platform');
