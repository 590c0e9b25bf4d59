import type { CapabilityDefinition } from '@intendant/intent-model';
import { narrowings } from './compatibility/narrowing.js';
import { compareVersions, majorOf } from './version.js';

/** What a newer version of the same major takes away from whoever uses the older one. */
export interface ContractBreak {
  readonly part: 'realm' | 'intents' | 'inputContract' | 'outputContract';
  /** JSON Pointer into that part. */
  readonly pointer: string;
  readonly message: string;
}

/** Input: every payload the older contract accepts must be accepted by the newer one. */
export const inputBreaks = (older: object, newer: object): readonly ContractBreak[] =>
  narrowings(older as never, newer as never).map((found) => ({ part: 'inputContract' as const, ...found }));

/** Output: every result the newer contract allows must be one the older contract promised. */
export const outputBreaks = (older: object, newer: object): readonly ContractBreak[] =>
  narrowings(newer as never, older as never).map((found) => ({ part: 'outputContract' as const, ...found }));

/**
 * What breaks between two versions of one capability, whichever is given first; empty when the majors differ, because
 * a new major may change anything.
 */
export function contractBreaks(one: CapabilityDefinition, other: CapabilityDefinition): readonly ContractBreak[] {
  if (majorOf(one.version) !== majorOf(other.version)) return [];
  const [older, newer] = compareVersions(one.version, other.version) <= 0 ? [one, other] : [other, one];
  const gone = older.intents.filter((intentType) => !newer.intents.includes(intentType));
  return [
    ...(older.realm === newer.realm
      ? []
      : [{ part: 'realm' as const, pointer: '', message: `realm was ${older.realm}` }]),
    ...gone.map((intentType) => ({
      part: 'intents' as const,
      pointer: '',
      message: `${intentType} is not answered any more`,
    })),
    ...inputBreaks(older.inputContract, newer.inputContract),
    ...outputBreaks(older.outputContract, newer.outputContract),
  ];
}
