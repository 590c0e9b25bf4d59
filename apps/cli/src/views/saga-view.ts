import type { SagaReply } from '@intendant/client';
import { type Cell, listLines, tableLines } from '../table.js';
import type { Palette } from '../terminal.js';
import { statusCell } from './status-colour.js';

/** The steps of the plan in their order; below each what undoes it. */
export function sagaLines(saga: SagaReply, palette: Palette): string[] {
  const { unwinding, waits } = saga;
  const head = listLines(
    {
      execution: saga.executionId,
      intent: saga.intentType,
      status: statusCell(saga.status, palette),
      substatus: saga.substatus,
      health: saga.health,
      recovery: saga.recovery,
      unwinding: unwinding && `to ${unwinding.target}${unwinding.error ? `, because of ${unwinding.error.code}` : ''}`,
      waits: waits.length === 0 ? null : waits.map(({ waitId, name }) => `${name} (${waitId})`).join(', '),
      children: saga.children.length === 0 ? null : saga.children.map(childText).join(', '),
      paused: saga.pausedBecause,
      stuck: saga.stuckReason,
    },
    palette,
  );
  const rows = saga.steps.flatMap((step) => [stepRow(step, palette), ...undoRow(step, palette)]);
  return [...head, '', ...tableLines(['STEP', 'INTENT', 'STATUS', 'ATTEMPTS', 'AFTER', 'ERROR'], rows, palette)];
}

const childText = ({ executionId, health, status, stuckReason }: SagaReply['children'][number]): string => {
  const ill = status !== 'stuck' && health === 'needs_attention' ? ', needs attention' : '';
  return `${executionId} (${status ?? 'not accepted yet'}${stuckReason === null ? ill : `: ${stuckReason}`})`;
};

type Step = SagaReply['steps'][number];

const stepRow = (step: Step, palette: Palette): Cell[] => [
  step.pivot ? `${step.stepId} (no way back)` : step.stepId,
  step.intent,
  statusCell(step.status, palette),
  String(step.attempts),
  step.dependsOn.join(', '),
  errorCell(step),
];

const undoRow = ({ compensation }: Step, palette: Palette): Cell[][] =>
  compensation === null
    ? []
    : [
        [
          '  undo',
          compensation.intent,
          compensation.status === 'none' ? '' : statusCell(compensation.status, palette),
          compensation.attempts === 0 ? '' : String(compensation.attempts),
          '',
          errorCell(compensation),
        ],
      ];

const errorCell = ({ error, errorOutcome }: Pick<Step, 'error' | 'errorOutcome'>): string =>
  error === null ? '' : `${error.code}: ${error.message}${errorOutcome === 'unknown' ? ' (outcome unknown)' : ''}`;
