import 'reflect-metadata';
import { createLogger, databaseOverTls, loadConfig, runProcess } from '@intendant/nest-kit';
import { CuratorEnv } from './config.js';
import { startCurator } from './start.js';

const env = loadConfig(CuratorEnv, [databaseOverTls]);
const logger = createLogger('curator', env.INTENDANT_LOG_LEVEL);
await runProcess(logger, () => startCurator(env, logger));
