import { Gauge, Registry as MetricsRegistry } from 'prom-client';
import type { Registry } from './registry/registry.js';

/** What an operator watches of the registry. */
export function registryMetrics(registry: Registry): MetricsRegistry {
  const metrics = new MetricsRegistry();
  const gauge = (name: string, help: string, value: () => number): void => {
    new Gauge({
      name,
      help,
      registers: [metrics],
      collect() {
        this.set(value());
      },
    });
  };
  gauge('intendant_registry_revision', 'Revision of the registry', () => registry.snapshot.revision);
  gauge(
    'intendant_registry_capabilities',
    'Registered capability versions',
    () => registry.snapshot.capabilities.length,
  );
  gauge('intendant_registry_instances', 'Live participant instances', () => registry.snapshot.instances.length);
  gauge(
    'intendant_registry_waiting',
    'Participant instances whose plans name an intent that nobody answers',
    () => registry.waiting.size,
  );
  gauge('intendant_registry_store_fails', '1 while the registry cannot be written', () =>
    registry.storeFails ? 1 : 0,
  );
  return metrics;
}
