import { Command } from 'commander';
import type { Runner } from '../runner.js';
import { listLines, tableLines } from '../table.js';

export const outboxCommand = (runner: Runner): Command =>
  new Command('outbox')
    .description('publishing of domain events')
    .addCommand(statusCommand(runner))
    .addCommand(entriesCommand(runner))
    .addCommand(redriveCommand(runner));

const statusCommand = (runner: Runner): Command =>
  new Command('status').description('what waits, and what the broker refused for good').action(
    runner(async (run) => {
      const status = await (await run.client()).outbox();
      const { broker, state, problem, pending, halted, deadLetters } = status;
      run.print({
        json: status,
        ids: () => deadLetters.map(({ eventId }) => eventId),
        table: () => [
          ...listLines({ broker, state, problem, pending: pending.length === 0 ? 'nothing' : null }, run.palette),
          ...pending.map(
            ({ partition, entries, events }) =>
              `partition ${partition}: ${events ?? 'unknown'} events wait in ${entries} entries`,
          ),
          ...halted.map(({ partition, finding }) => `partition ${partition} is halted: ${finding}`),
          ...(deadLetters.length === 0
            ? []
            : tableLines(
                ['DEAD LETTER', 'TYPE', 'DIED', 'ATTEMPTS', 'REDRIVEN', 'REASON'],
                deadLetters.map((letter) => [
                  letter.eventId,
                  letter.eventType,
                  letter.diedAt,
                  String(letter.attempts),
                  letter.redrivenAt ?? (letter.redriveAsked ? 'asked' : 'no'),
                  letter.reason,
                ]),
                run.palette,
              )),
        ],
      });
    }),
  );

const entriesCommand = (runner: Runner): Command =>
  new Command('entries')
    .argument('<execution>', 'execution id, or last')
    .description('the events of an execution, and whether they are published')
    .action(
      runner(async (run, [execution = '']) => {
        const { entries } = await (await run.client()).outboxEntries(await run.executionId(execution));
        run.print({
          json: { entries },
          ids: () => entries.map(({ eventId }) => eventId),
          table: () =>
            tableLines(
              ['EVENT', 'TYPE', 'CREATED', 'PUBLISHED'],
              entries.map(({ eventId, eventType, createdAt, published, publishedAt, dead }) => [
                eventId,
                eventType,
                createdAt,
                dead ? 'dead' : published ? (publishedAt ?? 'yes') : 'no',
              ]),
              run.palette,
            ),
        });
      }),
    );

const redriveCommand = (runner: Runner): Command =>
  new Command('redrive')
    .argument('<eventId>', 'of a dead letter, as `outbox status` shows it')
    .description('have a dead letter published once more')
    .action(
      runner(async (run, [eventId = '']) => {
        const reply = await (await run.client()).redriveDeadLetter(eventId);
        run.print({
          json: reply,
          ids: () => [reply.eventId],
          table: () => [`${reply.eventId} will be tried once more`],
        });
      }),
    );
