// What the manifests tell a process must be what it reads, and what they ask of it what it serves. What that is stands in the
// built code: the schema that each process parses its environment with.
import { HttpParticipantEnv, ParticipantEnv } from '@intendant/participant';
import { CuratorEnv } from '../../apps/curator/dist/config.js';
import { RuntimeEnv } from '../../apps/runtime/dist/config.js';
import { SmartCityEnv } from '../../apps/smart-city/dist/config.js';
import { containersOf } from './documents.mjs';

const HEALTH_PORT = 'INTENDANT_HEALTH_PORT';
const PATHS = { startupProbe: '/health/live', livenessProbe: '/health/live', readinessProbe: '/health/ready' };

/** By the name of its container. The Runtime answers for its health on its own port, too, but that port may be full. */
const PROCESSES = {
  runtime: { variables: RuntimeEnv.shape, probedPort: HEALTH_PORT },
  curator: { variables: CuratorEnv.shape, probedPort: HEALTH_PORT },
  'smart-city': { variables: SmartCityEnv.shape, probedPort: HEALTH_PORT },
};
/** Domain services read variables of their own besides; over HTTP, how they tell their health is theirs, too. */
const PARTICIPANT = { variables: ParticipantEnv.shape, probedPort: HEALTH_PORT, readsOthers: true };
const HTTP_PARTICIPANT = { variables: HttpParticipantEnv.shape, readsOthers: true };
/** Of somebody else: reads nothing of ours. */
const STRANGER = { variables: {}, readsOthers: true };

/** What Node and OpenTelemetry read in every process. */
const READ_BY_LIBRARIES = /^(?:NODE_EXTRA_CA_CERTS|OTEL_[A-Z_]+)$/;

function processOf({ name, env, pod }) {
  if (Object.hasOwn(PROCESSES, name)) return PROCESSES[name];
  if (pod.metadata?.labels?.['app.kubernetes.io/component'] !== 'participant') return STRANGER;
  return env.some((variable) => variable.name === 'INTENDANT_CURATOR_HTTP_ADDRESS') ? HTTP_PARTICIPANT : PARTICIPANT;
}

const isTold = ({ value, valueFrom }) => valueFrom !== undefined || (value ?? '') !== '';
/** Names that a value refers to with `$(NAME)`; `$$(NAME)` is text. */
const referredToIn = ({ value }) =>
  [...(value ?? '').matchAll(/\$\$|\$\(([^()]+)\)/g)].flatMap(([, name]) => name ?? []);
/** With `$(NAME)` in it a value is known to the node only. */
const isKnown = ({ value }) => value !== undefined && !value.includes('$(');
/** A variable may be there for others alone, which have `$(NAME)` in their values. */
const isReferredTo = (env, name) => env.some(({ value }) => value?.includes(`$(${name})`));

function isRead({ process, env }, name) {
  if (Object.hasOwn(process.variables, name)) return true;
  if (process.readsOthers) return !name.startsWith('INTENDANT_');
  return READ_BY_LIBRARIES.test(name) || isReferredTo(env, name);
}

/** Where the process listens; undefined is a port that it does not open, or that only the node knows. */
function portOf({ process, env }, name) {
  const told = env.findLast((variable) => variable.name === name);
  return process.variables[name].safeParse(told?.value).data;
}
const portsOf = (subject) =>
  Object.keys(subject.process.variables)
    .filter((name) => name.endsWith('_PORT'))
    .map((name) => portOf(subject, name));

/** Whether what a node asks is what the process answers. */
function isAnswered(subject, probe) {
  const { path, port, scheme = 'HTTP' } = subject[probe]?.httpGet ?? {};
  const number = subject.ports?.find(({ name }) => name === port)?.containerPort ?? port;
  return path === PATHS[probe] && scheme === 'HTTP' && number === portOf(subject, subject.process.probedPort);
}

const CONTAINERS = {
  subjectsOf: (documents) =>
    containersOf(documents).map((container) => {
      const subject = { ...container, env: container.env ?? [] };
      return { ...subject, process: processOf(subject) };
    }),
  rules: [
    {
      says: 'is told a variable that its process does not read',
      isBrokenBy: (subject) => subject.env.map(({ name }) => name).filter((name) => !isRead(subject, name)),
    },
    {
      says: 'is not told a variable that its process needs',
      isBrokenBy: ({ process: { variables }, env }) =>
        Object.entries(variables)
          .filter(
            ([name, variable]) =>
              !variable.safeParse(undefined).success && !env.some((told) => told.name === name && isTold(told)),
          )
          .map(([name]) => name),
    },
    {
      says: 'is told a value that its process does not take',
      isBrokenBy: ({ process: { variables }, env }) =>
        env
          .filter(
            (told) => isTold(told) && isKnown(told) && variables[told.name]?.safeParse(told.value).success === false,
          )
          .map(({ name }) => name),
    },
    {
      // The node puts in only what stands before it, and leaves the rest as text; kustomize puts what a patch adds first.
      says: 'is told a value with a variable in it that does not stand before it',
      isBrokenBy: ({ env }) =>
        env
          .filter((told, place) => {
            const before = env.slice(0, place);
            return referredToIn(told).some((name) => !before.some((other) => other.name === name));
          })
          .map(({ name }) => name),
    },
    {
      // In a lab nothing asks for TLS, and the issuer is one that everybody has the key of.
      says: 'is not run for production',
      isBrokenBy: ({ env }) => env.some(({ name, value }) => name === 'INTENDANT_MODE' && value !== 'production'),
    },
    {
      says: 'takes variables whose names are not in the manifests',
      isBrokenBy: ({ envFrom }) => (envFrom ?? []).length > 0,
    },
    {
      says: 'names a port on which its process does not listen',
      isBrokenBy: (subject) => {
        if (subject.process === STRANGER) return false;
        const listened = portsOf(subject);
        return (subject.ports ?? [])
          .map(({ containerPort }) => containerPort)
          .filter((port) => !listened.includes(port));
      },
    },
    {
      says: 'is not asked for its health where its process tells it',
      isBrokenBy: (subject) =>
        subject.process.probedPort === undefined
          ? false
          : Object.keys(PATHS).filter((probe) => !isAnswered(subject, probe)),
    },
  ],
};

export const PROCESSES_TOLD = [CONTAINERS];
