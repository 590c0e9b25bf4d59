import { describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { createLogger, nestLogger } from './logger.js';

describe('the logger', () => {
  it('has the level and the service it was made with', () => {
    const logger = createLogger('runtime', 'warn');
    expect([logger.level, logger.bindings().service, logger.isLevelEnabled('info')]).toEqual([
      'warn',
      'runtime',
      false,
    ]);
  });

  it('lets the framework speak in the same stream, its chatter as debug', () => {
    const lines: { level: number; msg: string; context?: string }[] = [];
    const nest = nestLogger(pino({ level: 'trace' }, { write: (line: string) => void lines.push(JSON.parse(line)) }));
    nest.log('started', 'NestFactory');
    nest.warn('odd');
    nest.error(new Error('broken'), 'stack');
    nest.debug?.('detail');
    nest.verbose?.('more');
    expect(lines.map(({ level, msg }) => [level, msg])).toEqual([
      [20, 'started'],
      [40, 'odd'],
      [50, 'broken'],
      [20, 'detail'],
      [10, 'more'],
    ]);
    expect(lines[0]?.context).toBe('NestFactory');
  });
});
