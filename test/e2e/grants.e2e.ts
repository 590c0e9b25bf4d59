import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Answer, type Cluster, startCluster, type User, until } from './cluster.js';

const TENANT = 't_showcase';

let cluster: Cluster;
let owner: User;
let ownersSession: string;

beforeAll(async () => {
  cluster = await startCluster();
  owner = await cluster.user(TENANT, 'ann', 'analyst');
  ownersSession = await owner.session();
});
afterAll(async () => cluster.lab.destroy());

/** A file of the owner's: its artifact and its content. */
async function ownedFile(text: string): Promise<{ readonly fileId: string; readonly ref: string }> {
  const { ref } = (await owner.post('/v1/content', text)).body;
  const upload = await owner.run(ownersSession, 'content.upload', {
    uiName: 'a.csv',
    fileType: 'csv',
    contentRef: ref,
  });
  return { fileId: upload.body.result.artifacts[0].artifactId, ref };
}

const grantsOf = (reference: string): string => `/v1/data/references/${encodeURIComponent(reference)}/grants`;
const grant = (user: User, reference: string, grantee: string): Promise<Answer> =>
  user.post(grantsOf(reference), { grantee });
const revoke = (user: User, reference: string, grantee: string): Promise<Answer> =>
  user.call('DELETE', `${grantsOf(reference)}/${encodeURIComponent(grantee)}`);
const parse = async (user: User, fileId: string): Promise<Answer> =>
  user.run(await user.session(), 'content.parse', { fileId, parsingType: 'csv' });

describe('a reference of somebody else', () => {
  it('may be used while its owner grants it, by whom it is granted to, and every step is recorded', async () => {
    const { fileId } = await ownedFile('a,b\n1,2\n');
    const bob = await cluster.user(TENANT, 'bob', 'analyst');
    const carl = await cluster.user(TENANT, 'carl', 'analyst');
    expect(await parse(bob, fileId)).toMatchObject({ status: 403, body: { code: 'data_access_denied' } });

    const granted = await grant(owner, fileId, 'user:bob');
    expect(granted).toMatchObject({
      status: 200,
      body: { referenceId: fileId, grants: [{ grantee: 'user:bob', grantedBy: 'ann' }] },
    });
    expect((await grant(owner, fileId, 'user:bob')).body).toEqual(granted.body);
    const parsed = await parse(bob, fileId);
    expect(parsed).toMatchObject({ status: 200, body: { status: 'completed' } });
    const decision = (await bob.get(`/v1/executions/${parsed.body.executionId}/decision`)).body;
    expect(decision.steps).toContainEqual(
      expect.objectContaining({ check: 'references', ruleIds: ['builtin:granted'] }),
    );
    expect((await parse(carl, fileId)).body.code).toBe('data_access_denied');

    expect((await revoke(owner, fileId, 'user:bob')).body.grants).toEqual([]);
    expect((await revoke(owner, fileId, 'user:bob')).status).toBe(200);
    expect((await parse(bob, fileId)).body.code).toBe('data_access_denied');

    const auditor = await cluster.user(TENANT, 'aud', 'auditor');
    const found = await until('the grants are found', async () => {
      const of = async (type: string) => (await auditor.get(`/v1/wal/records?type=${type}`)).body.records;
      const records = [...(await of('grant.given')), ...(await of('grant.revoked'))];
      return records.length < 2 ? undefined : records;
    });
    expect(found).toMatchObject([
      { type: 'grant.given', actor: 'user:ann', data: { grantee: 'user:bob', reference: fileId } },
      { type: 'grant.revoked', actor: 'user:ann', data: { grantee: 'user:bob', reference: fileId } },
    ]);
  });

  it('may be granted to a role, and bytes are read under the same rule, after a kill of the Runtime too', async () => {
    const { ref } = await ownedFile('a,b\n3,4\n');
    const lead = await cluster.user(TENANT, 'lea', 'analyst', 'reviewer');
    const path = `/v1/content/${ref.slice('content://'.length)}`;
    expect((await lead.get(path)).body.code).toBe('data_access_denied');
    expect((await grant(owner, ref, 'role:reviewer')).status).toBe(200);
    await cluster.kill('runtime');
    expect(await until('the Runtime answers', () => lead.get(path))).toMatchObject({ status: 200, body: 'a,b\n3,4\n' });
    const other = await cluster.user(TENANT, 'otto', 'analyst');
    expect((await other.get(path)).body.code).toBe('data_access_denied');
  });
});

describe('content that was granted', () => {
  it('becomes nobody else’s by an artifact that names it: it cannot be passed on, and is gone with the grant', async () => {
    const { ref } = await ownedFile('a,b\n11,12\n');
    const path = `/v1/content/${ref.slice('content://'.length)}`;
    const bob = await cluster.user(TENANT, 'bert', 'analyst');
    await grant(owner, ref, 'user:bert');
    expect((await bob.get(path)).status).toBe(200);
    const file = { uiName: 'x.csv', fileType: 'csv', contentRef: ref };
    const upload = await bob.run(await bob.session(), 'content.upload', file);
    expect(upload.body).toMatchObject({ status: 'failed', error: { code: 'contract_violation' } });
    expect((await grant(bob, ref, 'user:carl')).body.code).toBe('data_access_denied');
    await revoke(owner, ref, 'user:bert');
    expect((await bob.get(path)).body.code).toBe('data_access_denied');
  });

  it('is written anew by whoever makes the same bytes of what is theirs', async () => {
    const text = 'a,b\n13,14\n';
    const { fileId } = await ownedFile(text);
    expect((await parse(owner, fileId)).body.status).toBe('completed');
    const dora = await cluster.user(TENANT, 'dora', 'analyst');
    const { ref } = (await dora.post('/v1/content', text)).body;
    const upload = await dora.run(await dora.session(), 'content.upload', {
      uiName: 'a.csv',
      fileType: 'csv',
      contentRef: ref,
    });
    expect((await parse(dora, upload.body.result.artifacts[0].artifactId)).body.status).toBe('completed');
  });
});

describe('who may grant', () => {
  it('is the owner and nobody else, whatever they hold', async () => {
    const { fileId } = await ownedFile('a,b\n5,6\n');
    const bob = await cluster.user(TENANT, 'bob', 'analyst');
    const lead = await cluster.user(TENANT, 'lena', 'migration_lead');
    await grant(owner, fileId, 'user:bob');
    for (const user of [bob, lead]) {
      expect(await grant(user, fileId, 'user:carl')).toMatchObject({
        status: 403,
        body: { code: 'data_access_denied', refusalId: expect.any(String) },
      });
      expect((await revoke(user, fileId, 'user:bob')).body.code).toBe('data_access_denied');
      expect((await user.get(grantsOf(fileId))).body.code).toBe('data_access_denied');
    }
    expect((await owner.get(grantsOf(fileId))).body.grants).toMatchObject([{ grantee: 'user:bob' }]);
  });

  it('is nobody of another tenant, to whom it does not exist', async () => {
    const { fileId } = await ownedFile('a,b\n7,8\n');
    const stranger = await cluster.user('t_energy_corp', 'ann', 'analyst');
    const missing = await grant(stranger, 'file_none', 'user:ann');
    const foreign = await grant(stranger, fileId, 'user:ann');
    expect([foreign.status, foreign.body.code]).toEqual([404, 'not_found']);
    expect({ ...foreign.body, correlationId: '' }).toEqual({ ...missing.body, correlationId: '' });
  });

  it('names a user or a role, in a closed body', async () => {
    const { fileId } = await ownedFile('a,b\n9,9\n');
    for (const body of [{}, { grantee: 'bob' }, { grantee: 'tenant:x' }, { grantee: 'user:bob', until: 'ever' }])
      expect((await owner.post(grantsOf(fileId), body)).body.code).toBe('invalid_request');
  });
});
