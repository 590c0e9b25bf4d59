export { ServerChanged, UnlikeLog } from './errors.js';
export { openRedisFrameLog } from './open-redis-frame-log.js';
export type { RedisFrameLogOptions, SentinelOptions, ServerAddress } from './options.js';
export { RedisFrameLog } from './redis-frame-log.js';
