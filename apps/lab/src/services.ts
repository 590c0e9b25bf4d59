/** When a service starts: each stage waits for the one before it. */
export type Stage = 'authority' | 'runtime' | 'participant';

export interface Service {
  name: string;
  stage: Stage;
  /** The compiled entry file, below the repository's root or absolute. */
  entry: string;
  /** Realms whose intents the service may answer; its certificate says so. */
  realms: readonly string[];
  /** Whose certificate it shows; its own, by its name, unless told. */
  actsAs?: string;
  /** Settings that it alone is to have. */
  env?: Readonly<Record<string, string>>;
}

export const startOrder: readonly Stage[] = ['authority', 'runtime', 'participant'];

/** The Runtime stops first: it takes no more intents and lets the running ones settle with their participants. */
export const stopOrder: readonly Stage[] = ['runtime', 'participant', 'authority'];

const example = (realm: string): Service => ({
  name: realm,
  stage: 'participant',
  entry: `examples/${realm}/dist/main.js`,
  realms: [realm],
});

const runtime: Service = { name: 'runtime', stage: 'runtime', entry: 'apps/runtime/dist/main.js', realms: [] };

/** Further replicas of the Runtime, on ports of their own: `runtime-2` and so on up to `runtime-<count>`. */
export const runtimeReplicas = (count: number): Service[] =>
  Array.from({ length: count - 1 }, (_, index) => ({ ...runtime, name: `runtime-${index + 2}`, actsAs: runtime.name }));

export const labServices: readonly Service[] = [
  { name: 'curator', stage: 'authority', entry: 'apps/curator/dist/main.js', realms: [] },
  { name: 'smart-city', stage: 'authority', entry: 'apps/smart-city/dist/main.js', realms: [] },
  runtime,
  example('content'),
  example('insights'),
  example('insurance'),
  example('journey'),
  example('solution'),
];
