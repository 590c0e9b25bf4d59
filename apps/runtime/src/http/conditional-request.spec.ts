import { describe, expect, it } from '@jest/globals';
import { namesEntity } from './conditional-request.js';

describe('If-None-Match', () => {
  it.each(['"one"', 'W/"one"', '"other", "one"', '"other",W/"one"', '*', ' * '])('%s names it', (header) => {
    expect(namesEntity(header, '"one"')).toBe(true);
  });

  it.each([undefined, '', '"other"', 'one', '"One"', '"one', '"a*"'])('%s does not', (header) => {
    expect(namesEntity(header, '"one"')).toBe(false);
  });
});
