export type { LabPorts } from './configuration.js';
export {
  issueLabToken,
  LAB_AUDIENCE,
  LAB_ISSUER,
  type LabTokenRequest,
  TOKEN_TTL_SECONDS,
} from './identity/lab-issuer.js';
export { type Lab, type LabOptions, startLab } from './lab.js';
export { type PostgresOptions, type RunningPostgres, startPostgres } from './postgres/start-postgres.js';
export type { RestartPolicy } from './processes/restart-policy.js';
export { type RunningService, runningService } from './processes/running-service.js';
export { AlreadyRunning, ConfigurationRefusal, ProcessRefused, Refusal } from './refusals.js';
export { dataDirectoryOf, repositoryRoot } from './repository.js';
export { labServices, runtimeReplicas, type Service, type Stage } from './services.js';
