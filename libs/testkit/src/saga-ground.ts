import type { CallOutcome, ParticipantCall } from '@intendant/intent-model';
import type { ManualTime } from '@intendant/kernel/testing';
import type { CapabilityInput, RuntimeParticipant } from '@intendant/participant';
import type { ChildExecutions, Supervisor } from '@intendant/partition';
import type { RegistryIndex } from '@intendant/registry';
import type { PartitionStore, Wal } from '@intendant/wal';
import type { Faults } from './faults.js';
import type { MemoryContent } from './memory-content.js';

/** A domain service of a world. */
export interface WorldService {
  readonly service: string;
  readonly capabilities: readonly CapabilityInput[];
  readonly participant: RuntimeParticipant;
}

/** What a process stands on, and what outlives it. */
export interface SagaGround {
  readonly services: readonly WorldService[];
  readonly time: ManualTime;
  readonly store: PartitionStore;
  readonly wal: Wal;
  readonly index: RegistryIndex;
  readonly faults: Faults;
  readonly content: MemoryContent;
  /** The process that lives now. */
  readonly process: { receive(service: string, call: ParticipantCall): Promise<CallOutcome> };
  children(of: { readonly supervisor: Supervisor }): ChildExecutions;
}
