// A process of its own, so that projecting costs the Runtime's event loop nothing and can have a lower priority.
import { setTimeout as pause } from 'node:timers/promises';
import { ProjectorLoop } from '@intendant/read-model/postgres';
import { SqliteLogReader } from '@intendant/wal-sqlite';
import { HeldPlace } from '../platform/held-place.js';

const [logDirectory] = process.argv.slice(2);
const url = process.env.INTENDANT_DATABASE_URL;
if (logDirectory === undefined || url === undefined) throw new Error('started by the Runtime only');

const loop = new ProjectorLoop({
  url,
  log: new SqliteLogReader(logDirectory),
  report: (report) => process.send?.(report),
  pause: (ms) => pause(ms),
});

const place = new HeldPlace(() => loop.letGo());
process.on('message', (message) => {
  if (message === 'hurry') loop.hurry();
  else place.heard(message);
});
// The Runtime ends it, and its death does; a terminal's Ctrl-C is the Runtime's to answer.
process.on('SIGINT', () => undefined);
process.on('disconnect', () => process.exit(0));

await loop.run();
