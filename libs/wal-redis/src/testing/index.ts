export { type CutProxy, startCutProxy } from './cut-proxy.js';
export { freePort, redisInstalled, type ServerProcess, startProgram } from './server-process.js';
export { type RunningRedis, type StartRedisOptions, startRedis } from './start-redis.js';
export { type RunningSentinels, startSentinels, WATCHED_NAME } from './start-sentinels.js';
export {
  describeWithRedis,
  describeWithRedisForTests,
  type RedisForTests,
  redisForTests,
} from './with-redis.js';
