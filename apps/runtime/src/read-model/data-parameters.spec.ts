import { describe, expect, it } from '@jest/globals';
import { ReferencesQuery } from './data-parameters.js';
import { ExecutionsQuery, RecordsQuery, readQuery } from './list-parameters.js';

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

describe('an instant or a place that no list can hold', () => {
  const madeUp = (parts: readonly unknown[]) => Buffer.from(JSON.stringify(parts)).toString('base64url');

  it.each([
    [ExecutionsQuery, 'cursor', madeUp(['0000-01-01T00:00:00.000Z', 'x'])],
    [RecordsQuery, 'cursor', madeUp(['2026-02-30T00:00:00.000Z', 1, 2, 3])],
    [ExecutionsQuery, 'from', '0000-01-01T00:00:00.000Z'],
    [RecordsQuery, 'to', '0001-01-01T00:00:00.000+01:00'],
    [RecordsQuery, 'to', '9999-12-31T23:59:59.000-01:00'],
  ])('is the fault of the caller, who is told where it stands', (schema, name, value) => {
    expect(() => readQuery(schema as typeof ExecutionsQuery, { [name]: value })).toThrow(
      expect.objectContaining({
        failure: expect.objectContaining({ code: 'invalid_request', field: `query ${name}` }),
      }),
    );
  });
});
