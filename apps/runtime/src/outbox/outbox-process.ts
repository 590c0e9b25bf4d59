// A process of its own, so that publishing costs the Runtime's event loop nothing and a broker cannot hold it up.
import { setTimeout as pause } from 'node:timers/promises';
import { OutboxLoop, PostgresLedger } from '@intendant/outbox';
import { SqliteLogReader } from '@intendant/wal-sqlite';
import { HeldPlace } from '../platform/held-place.js';
import { openSink } from './outbox-config.js';

const [logDirectory, logId] = process.argv.slice(2);
const url = process.env.INTENDANT_DATABASE_URL;
if (logDirectory === undefined || logId === undefined || url === undefined)
  throw new Error('started by the Runtime only');

const log = new SqliteLogReader(logDirectory);
const { partitionCount } = log.describe();
const loop = new OutboxLoop({
  ...openSink(process.env),
  log,
  openLedger: () => PostgresLedger.open(url, logId, partitionCount),
  report: (report) => process.send?.(report),
  pause: (ms) => pause(ms),
  nowMs: () => performance.now(),
});

const place = new HeldPlace(() => loop.letGo());
process.on('message', (message) => place.heard(message));
// The Runtime ends it, and its death does; a terminal's Ctrl-C is the Runtime's to answer.
process.on('SIGINT', () => undefined);
process.on('disconnect', () => process.exit(0));

await loop.run();
