import type { CapabilityInput } from '@intendant/participant';
import { sagaCapabilities } from './saga-capabilities.js';
import { stepCapabilities } from './step-capabilities.js';
import { undoCapabilities } from './undo-capabilities.js';

/** Three sagas, their steps, what undoes those, and what goes with them. */
export const insuranceCapabilities: readonly CapabilityInput[] = [
  ...sagaCapabilities,
  ...stepCapabilities,
  ...undoCapabilities,
];

/** Intents that the Runtime answers by running their plans. */
export const SAGA_INTENTS: readonly string[] = sagaCapabilities.flatMap(({ intents }) => intents);
