import type { CapabilityInput } from '@intendant/participant';
import { mappingCapabilities, validationCapabilities } from './checking-capabilities.js';
import { migrationCapabilities } from './migration-capabilities.js';
import { otherCapabilities } from './other-capabilities.js';
import { sagaCapabilities } from './saga-capabilities.js';
import { undoCapabilities } from './undo-capabilities.js';

/** Three sagas, their steps, what undoes those, and what goes with them. */
export const insuranceCapabilities: readonly CapabilityInput[] = [
  ...sagaCapabilities,
  ...migrationCapabilities,
  ...mappingCapabilities,
  ...validationCapabilities,
  ...otherCapabilities,
  ...undoCapabilities,
];

/** Intents that the Runtime answers by running their plans. */
export const SAGA_INTENTS: readonly string[] = sagaCapabilities.flatMap(({ intents }) => intents);
