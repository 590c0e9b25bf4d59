import { describe, expect, it, jest } from '@jest/globals';
import { pino } from 'pino';
import { createLogger, loggedError, nestLogger } from './logger.js';

describe('the logger', () => {
  it('has the level and the service it was made with', () => {
    const logger = createLogger('runtime', 'warn');
    expect([logger.level, logger.bindings().service, logger.isLevelEnabled('info')]).toEqual([
      'warn',
      'runtime',
      false,
    ]);
  });

  it('says of an error what went wrong, and not what a client was about to send', () => {
    const refused = Object.assign(new Error('WRONGPASS invalid username-password pair'), {
      name: 'ReplyError',
      code: 'WRONGPASS',
      command: { name: 'auth', args: ['ada', 'secret'] },
    });
    const all = new AggregateError([refused], 'no server', { cause: refused });
    const written: string[] = [];
    const write = jest.spyOn(process.stdout, 'write').mockImplementation((line) => written.push(String(line)) > 0);
    createLogger('runtime', 'fatal').fatal({ err: new Error('cannot start', { cause: all }) }, 'ended');
    write.mockRestore();
    const [line = '{}'] = written;
    const said = { type: 'ReplyError', message: refused.message, code: 'WRONGPASS', stack: refused.stack };
    expect(JSON.parse(line).err).toMatchObject({
      message: 'cannot start',
      cause: { type: 'AggregateError', message: 'no server', errors: [said], cause: said },
    });
    expect(line).not.toContain('secret');
    expect(loggedError('no error')).toBe('no error');
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
