import { Gauge, type Registry } from 'prom-client';
import type { LaggingReadModel, ReadModelStatus } from './lagging-read-model.js';

/** Shows, whenever somebody looks, how far lists are behind the log. */
export function observeReadModel(lists: LaggingReadModel, registry: Registry): void {
  const gauge = (name: string, help: string, read: (status: ReadModelStatus) => number | null): void => {
    new Gauge({
      name,
      help,
      registers: [registry],
      async collect() {
        const value = read(await lists.status());
        // no number says that it is unknown; 0 would say that all is well
        if (value === null) this.remove();
        else this.set(value);
      },
    });
  };
  gauge('intendant_read_model_connected', '1 while the projector reaches PostgreSQL', ({ connected }) =>
    connected ? 1 : 0,
  );
  gauge('intendant_read_model_projecting', '1 while the projector of this replica is the one at work', ({ active }) =>
    active ? 1 : 0,
  );
  gauge(
    'intendant_read_model_lag_entries',
    'Entries of the log that lists do not know of',
    ({ lagEntries }) => lagEntries,
  );
  gauge('intendant_read_model_lag_seconds', 'Age of the oldest of those entries', ({ lagMs }) =>
    lagMs === null ? null : lagMs / 1_000,
  );
  gauge(
    'intendant_read_model_halted_partitions',
    'Partitions whose log does not verify, projected no further',
    ({ halted }) => halted.length,
  );
}
