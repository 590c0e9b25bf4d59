export {
  AddressVariable,
  CannotStartNow,
  ConfigError,
  type ConfigRule,
  databaseOverTls,
  EXIT_CONFIG,
  hostOf,
  loadConfig,
  outOfReach,
  PortVariable,
  ProcessEnv,
  parseConfig,
} from './config.js';
export { type ReadinessCheck, startHealthServer } from './health-server.js';
export {
  contentDigestOf,
  NonceMemory,
  RequestKeys,
  type RequestRefusal,
  signRequest,
  signResponse,
  verifyRequest,
} from './http-signature/index.js';
export { createLogger, type Logger, nestLogger } from './logger.js';
export type { Telemetry } from './open-telemetry.js';
export { type Lifecycle, runProcess } from './process-lifecycle.js';
export { RpcClient, type RpcTarget, RpcUnavailable } from './rpc-client.js';
export { callerOf, onlyServices, type RpcServer, startRpcServer } from './rpc-server.js';
export { type ExchangeLimits, HTTP_CONNECTIONS_MAX, SignedHttpClient, type SignedReply } from './signed-http-client.js';
export { systemClock, systemScheduler } from './system.js';
export { startTelemetry } from './telemetry.js';
export {
  clientTlsOptions,
  identityOf,
  peerIdentity,
  readTlsFiles,
  type ServiceIdentity,
  serverTlsOptions,
  type TlsFiles,
} from './tls.js';
export { IssuerConfig, TokenVerifier } from './token-verifier.js';
