import { randomUUID } from 'node:crypto';
import { UnlikeLog } from './errors.js';
import { NEWS_WAIT_MS } from './frame-followers.js';
import { metaKey } from './keys.js';
import { type RedisFrameLogOptions, type RedisLogSettings, settingsOf } from './options.js';
import { RedisFrameLog } from './redis-frame-log.js';
import { connectToMaster } from './server/connect.js';
import { FitnessWatch } from './server/fitness-watch.js';
import { ServerLink } from './server/server-link.js';

/** Of keys and what is in them. */
const FORMAT = '1';

/**
 * Opens the log of this prefix, which is created when there is none. Rejects with `UnfitLog` when the server keeps less
 * than the log promises, `UnlikeLog` when the log has another partition count or format, `NotMaster` when the server is
 * not the one to write to, and the connection's error when it is not reached.
 */
export async function openRedisFrameLog(options: RedisFrameLogOptions): Promise<RedisFrameLog> {
  const settings = settingsOf(options);
  const links = {
    reading: new ServerLink(() => connectToMaster(settings)),
    writing: new ServerLink(() => connectToMaster(settings)),
    waiting: new ServerLink(() => connectToMaster(settings, NEWS_WAIT_MS)),
  };
  const fitness = new FitnessWatch({
    link: links.reading,
    replicas: settings.replicas,
    intervalMs: settings.watchIntervalMs,
    // the writer may still hold on to a master that was replaced, or to one that became another under its connection
    onLook: ({ identity, isMaster }) => {
      if (isMaster && links.writing.identity !== null && links.writing.identity !== identity) links.writing.renew();
    },
  });
  try {
    await fitness.start();
    const logId = await createOnce(links.writing, settings);
    return new RedisFrameLog(logId, settings, links, fitness);
  } catch (error) {
    fitness.stop();
    for (const link of Object.values(links)) link.close();
    throw error;
  }
}

/** Makes the log, or finds it as somebody else made it. */
async function createOnce(link: ServerLink, { prefix, partitionCount }: RedisLogSettings): Promise<string> {
  const { redis } = await link.get();
  const [logId, count, format] = (await redis.call(
    'FCALL',
    'intendant_wal_create',
    1,
    metaKey(prefix),
    randomUUID(),
    partitionCount,
    FORMAT,
  )) as [string, string, string];
  if (format !== FORMAT) throw new UnlikeLog('format', format, FORMAT);
  if (Number(count) !== partitionCount) throw new UnlikeLog('partition count', count, String(partitionCount));
  return logId;
}
