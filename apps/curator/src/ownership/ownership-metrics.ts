import { Counter, Gauge, type Registry as MetricsRegistry } from 'prom-client';
import type { OwnershipTable } from './ownership-table.js';

/** What an operator watches of the ownership of partitions; labels are replicas that were heard within a lease. */
export function addOwnershipMetrics(metrics: MetricsRegistry, table: OwnershipTable): void {
  const registers = [metrics];
  new Gauge({
    name: 'intendant_ownership_partitions',
    help: 'Partitions of the log by the replica that should own them',
    labelNames: ['owner'],
    registers,
    collect() {
      this.reset();
      for (const replicaId of table.state.members.keys()) this.set({ owner: replicaId }, owned(table, replicaId));
    },
  });
  new Gauge({
    name: 'intendant_ownership_partitions_free',
    help: 'Partitions of the log that nobody should own',
    registers,
    collect() {
      this.set(owned(table, null));
    },
  });
  new Gauge({
    name: 'intendant_ownership_members',
    help: 'Replicas of the Runtime that were heard within a lease',
    registers,
    collect() {
      this.set(table.state.members.size);
    },
  });
  new Counter({
    name: 'intendant_ownership_moves_total',
    help: 'Partitions that changed their owner',
    labelNames: ['reason'],
    registers,
    collect() {
      this.reset();
      for (const [reason, count] of table.moves) this.inc({ reason }, count);
    },
  });
}

const owned = (table: OwnershipTable, replicaId: string | null): number =>
  table.state.owners.filter((owner) => owner === replicaId).length;
