import { digestOf } from '@intendant/kernel';

/** `{kind}_{32 hex digits}` over the inputs: the same work on the same inputs gives the same artifact. */
export const artifactIdOf = (kind: string, ...inputs: unknown[]): string => `${kind}_${digestOf(inputs).slice(0, 32)}`;
