import { describe, expect, it } from '@jest/globals';
import { ReferencesQuery } from './data-parameters.js';
import { readQuery } from './list-parameters.js';

describe('the type that references are listed of', () => {
  it.each(['content', 'parsed_content', 'Größe'])('may be %j', (type) => {
    expect(readQuery(ReferencesQuery, { type })).toMatchObject({ type });
  });

  it.each(['', '\0', 'a\0b', 'a\nb', 'x'.repeat(65)])('is never %j', (type) => {
    expect(() => readQuery(ReferencesQuery, { type })).toThrow(
      expect.objectContaining({ failure: expect.objectContaining({ code: 'invalid_request', field: 'query type' }) }),
    );
  });
});
