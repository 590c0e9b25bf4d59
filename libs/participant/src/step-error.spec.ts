import { describe, expect, it } from '@jest/globals';
import { framesOf, kindOf } from './step-error.js';

describe('what may be said of an exception', () => {
  const error = new TypeError('password=hunter2\n    at secret (/etc/passwd)\nmore of it');

  it('is its kind', () => {
    expect(kindOf(error)).toBe('TypeError');
    expect(kindOf('password=hunter2')).toBe('a string');
    expect([undefined, null, {}].map(kindOf)).toEqual(['undefined', 'null', 'an object']);
    expect(kindOf(Object.assign(new Error('x'), { name: 'password=hunter2' }))).toBe('an Error');
  });

  it('and the places in code it came from, never a line of its text', () => {
    const frames = framesOf(error);
    expect(frames[0]).toContain('step-error.spec');
    expect(frames.join('\n')).not.toMatch(/hunter2|passwd|more of it/);
    expect(framesOf('a text')).toEqual([]);
  });
});
