import { Gauge, type Registry } from 'prom-client';
import type { OutboxHost } from './outbox-host.js';

/** Shows, whenever somebody looks, how many events wait. Only the replica that publishes them knows. */
export function observeOutbox(outbox: OutboxHost, registry: Registry): void {
  new Gauge({
    name: 'intendant_outbox_publishing',
    help: '1 while this replica publishes the events of the log',
    registers: [registry],
    collect() {
      this.set(outbox.report.state === 'publishing' ? 1 : 0);
    },
  });
  new Gauge({
    name: 'intendant_outbox_pending',
    help: 'Domain events that are not published yet, as far as they are counted',
    labelNames: ['partition'],
    registers: [registry],
    collect() {
      this.reset();
      for (const [partition, count] of outbox.report.pendingEvents.entries()) this.set({ partition }, count);
    },
  });
  new Gauge({
    name: 'intendant_outbox_halted_partitions',
    help: 'Partitions whose events are published no further',
    registers: [registry],
    collect() {
      this.set(outbox.report.halted.length);
    },
  });
  new Gauge({
    name: 'intendant_outbox_dead_letters',
    help: 'Domain events that the broker refused for good and that were not published after all',
    registers: [registry],
    async collect() {
      const count = await outbox.ledger.deadCount().catch(() => null);
      this.reset();
      if (count !== null) this.set(count);
    },
  });
}
