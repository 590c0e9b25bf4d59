import 'reflect-metadata';
import { createLogger, databaseOverTls, loadConfig, runProcess } from '@intendant/nest-kit';
import { SmartCityEnv } from './config.js';
import { startSmartCity } from './start.js';

const env = loadConfig(SmartCityEnv, [databaseOverTls]);
const logger = createLogger('smart-city', env.INTENDANT_LOG_LEVEL);
await runProcess(logger, () => startSmartCity(env, logger));
