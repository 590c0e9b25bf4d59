import { join } from 'node:path';
import type { LabPorts } from './configuration.js';
import { LAB_AUDIENCE, LAB_ISSUER, publicKeysFile } from './identity/lab-issuer.js';
import { certificateFiles } from './identity/service-certificates.js';
import { repositoryRoot } from './repository.js';
import type { Service } from './services.js';

export interface LabAddresses {
  dataDir: string;
  ports: LabPorts;
  databaseUrl: string;
  /** Of the replica that the environment is for; the lab's own unless told. */
  runtimePort?: number;
}

const HOST = '127.0.0.1';

/** From the user's environment only what a process needs to run at all, what is Intendant's own, and OpenTelemetry's settings. */
const inherited = ['PATH', 'HOME', 'TZ', 'LANG', 'NODE_OPTIONS', 'TMPDIR', 'SystemRoot', 'TEMP'];

/** The launcher's own switches are none of the services' business. */
const launcherOnly = ['INTENDANT_HANG_SECONDS', 'INTENDANT_LAB_JSON', 'INTENDANT_RUNTIME_REPLICAS'];

/** The whole environment of one service. */
export function environmentOf(service: Service, lab: LabAddresses, user: NodeJS.ProcessEnv): Record<string, string> {
  return { ...passedThrough(user), ...commonSettings(service, lab), ...ownSettings(service, lab), ...service.env };
}

function passedThrough(user: NodeJS.ProcessEnv): Record<string, string> {
  const passes = (name: string): boolean =>
    inherited.includes(name) ||
    name.startsWith('OTEL_') ||
    (name.startsWith('INTENDANT_') && !launcherOnly.includes(name));
  const kept = Object.entries(user).filter(([name, value]) => value !== undefined && value !== '' && passes(name));
  return Object.fromEntries(kept) as Record<string, string>;
}

function commonSettings(service: Service, { dataDir }: LabAddresses): Record<string, string> {
  const tls = certificateFiles(dataDir, service.actsAs ?? service.name);
  return {
    INTENDANT_MODE: 'lab',
    INTENDANT_HOST: HOST,
    INTENDANT_DATA_DIR: dataDir,
    INTENDANT_TLS_CA_FILE: tls.authority,
    INTENDANT_TLS_CERT_FILE: tls.certificate,
    INTENDANT_TLS_KEY_FILE: tls.privateKey,
  };
}

function ownSettings(service: Service, lab: LabAddresses): Record<string, string> {
  const { ports, databaseUrl } = lab;
  const curatorAddress = `${HOST}:${ports.curator}`;
  if (service.stage === 'participant') {
    return {
      INTENDANT_PARTICIPANT_PORT: '0',
      INTENDANT_CURATOR_ADDRESS: curatorAddress,
      INTENDANT_CURATOR_HTTP_ADDRESS: `${HOST}:${ports.curatorHttp}`,
    };
  }
  if (service.name === 'curator') {
    return {
      INTENDANT_CURATOR_PORT: String(ports.curator),
      INTENDANT_CURATOR_HTTP_PORT: String(ports.curatorHttp),
      INTENDANT_DATABASE_URL: databaseUrl,
    };
  }
  if (service.name === 'smart-city') {
    return {
      INTENDANT_SMART_CITY_PORT: String(ports.smartCity),
      INTENDANT_DATABASE_URL: databaseUrl,
      INTENDANT_POLICY_DIR: join(repositoryRoot, 'policies'),
    };
  }
  return {
    INTENDANT_RUNTIME_PORT: String(ports.runtime),
    INTENDANT_RUNTIME_DATA_PORT: String(ports.runtimeData),
    INTENDANT_CURATOR_ADDRESS: curatorAddress,
    INTENDANT_SMART_CITY_ADDRESS: `${HOST}:${ports.smartCity}`,
    INTENDANT_DATABASE_URL: databaseUrl,
    INTENDANT_ISSUERS: issuersOf(lab.dataDir),
    ...(service.actsAs === undefined ? {} : replicaSettings(service.name, lab)),
  };
}

/** A copy of the log and a port of its own; content is common to all. */
const replicaSettings = (name: string, { dataDir, runtimePort }: LabAddresses): Record<string, string> => ({
  INTENDANT_DATA_DIR: join(dataDir, name),
  INTENDANT_CONTENT_DIR: join(dataDir, 'content'),
  INTENDANT_REPLICA_ID: name,
  INTENDANT_RUNTIME_PORT: String(runtimePort),
  INTENDANT_RUNTIME_DATA_PORT: '0',
});

const issuersOf = (dataDir: string): string =>
  JSON.stringify([
    { issuer: LAB_ISSUER, audience: LAB_AUDIENCE, jwksFile: publicKeysFile(dataDir), algorithms: ['EdDSA'] },
  ]);
