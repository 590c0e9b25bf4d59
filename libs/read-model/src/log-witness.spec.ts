import { createTestDatabase, hasServer, type TestDatabase, withoutServer } from '@intendant/nest-kit/testing/database';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { witnessedLog } from './log-witness.js';

(hasServer ? describe : describe.skip)(`the log that a cluster remembers${withoutServer}`, () => {
  let server: TestDatabase;
  beforeEach(async () => {
    server = await createTestDatabase('witness');
  });
  afterEach(() => server.drop());

  it('is the first one that was seen, whoever comes later', async () => {
    const ids = await Promise.all(['one', 'two', 'three'].map((id) => witnessedLog(server.url, id, undefined)));
    expect(new Set(ids).size).toBe(1);
    expect(await witnessedLog(server.url, 'four', undefined)).toBe(ids[0]);
  });

  it('is another one only when that very one is accepted', async () => {
    expect(await witnessedLog(server.url, 'old', undefined)).toBe('old');
    expect(await witnessedLog(server.url, 'new', 'something else')).toBe('old');
    expect(await witnessedLog(server.url, 'new', 'new')).toBe('new');
    expect(await witnessedLog(server.url, 'old', undefined)).toBe('new');
  });
});

it('nobody is asked in vain for long', async () => {
  await expect(witnessedLog('postgres://nobody:x@127.0.0.1:1/none', 'x', undefined)).rejects.toThrow('ECONNREFUSED');
});
