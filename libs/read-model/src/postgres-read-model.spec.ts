import { FailureError } from '@intendant/intent-model';
import { createTestDatabase, hasServer } from '@intendant/nest-kit/testing/database';
import { describe, expect, it } from '@jest/globals';
import { PostgresReadModel } from './postgres-read-model.js';
import { describeReadModel } from './testing/describe-read-model.js';
import { SampleLog } from './testing/sample-log.js';

if (hasServer) {
  for (const [kind, log] of [
    ['a log in memory', new SampleLog()],
    ['a log in memory that is verified', new SampleLog().verified()],
  ] as const)
    describeReadModel(kind, async () => {
      const server = await createTestDatabase('read_model');
      return { log, url: server.url, end: () => server.drop() };
    });
}

describe('lists without PostgreSQL', () => {
  it('are not available, and say so', async () => {
    const readModel = new PostgresReadModel('postgres://nobody:x@127.0.0.1:1/none');
    const asked = readModel.executions('acme', {}, null, 10);
    await expect(asked).rejects.toThrow(FailureError);
    await expect(readModel.positions()).rejects.toMatchObject({ failure: { code: 'read_model_unavailable' } });
    await readModel.close();
  });
});

(hasServer ? describe : describe.skip)('lists before the first migration', () => {
  it('are not available', async () => {
    const server = await createTestDatabase('read_model');
    const readModel = new PostgresReadModel(server.url);
    await expect(readModel.executions('acme', {}, null, 10)).rejects.toMatchObject({
      failure: { code: 'read_model_unavailable' },
    });
    await readModel.close();
    await server.drop();
  });
});
