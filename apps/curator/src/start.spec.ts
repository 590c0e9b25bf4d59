import 'reflect-metadata';
import { type CallOutcome, type RegistrySnapshot, RpcPattern } from '@intendant/intent-model';
import { createLogger, type Lifecycle, parseConfig, RpcClient } from '@intendant/nest-kit';
import { createTestDatabase, hasServer, type TestDatabase, withoutServer } from '@intendant/nest-kit/testing/database';
import { ParticipantEnv, type RuntimeParticipant, startParticipant } from '@intendant/participant';
import { sampleCall, TestAuthority, tlsEnvironment } from '@intendant/participant/testing';
import { RegistryIndex } from '@intendant/registry';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { definitionOf } from '../test/registrations.js';
import { CuratorEnv } from './config.js';
import { startCurator } from './start.js';

const logger = createLogger('spec', 'fatal');
const parse = definitionOf('content.parse');

class ParsingParticipant implements RuntimeParticipant {
  getSupportedIntents = () => ['content.parse'];
  handleIntent: RuntimeParticipant['handleIntent'] = async () => ({ artifacts: [], events: [], stateChanges: [] });
}

(hasServer ? describe : describe.skip)(`Curator and a participant, over TLS and PostgreSQL${withoutServer}`, () => {
  let database: TestDatabase;
  let authority: TestAuthority;
  const cleanups: (() => unknown)[] = [];

  beforeAll(async () => {
    database = await createTestDatabase('curator');
    authority = await TestAuthority.create();
  });
  afterAll(async () => {
    for (const cleanup of cleanups.reverse()) await cleanup();
    await database.drop();
  });

  const curatorOn = async (port: number): Promise<Lifecycle> => {
    const { env, remove } = tlsEnvironment(await authority.issue('curator'));
    cleanups.push(remove);
    return startCurator(
      parseConfig(CuratorEnv, {
        ...env,
        INTENDANT_CURATOR_PORT: String(port),
        INTENDANT_CURATOR_HTTP_PORT: '0',
        INTENDANT_DATABASE_URL: database.url,
      }),
      logger,
    );
  };
  const participantAt = async (curatorPort: number, capabilities = [parse]) => {
    const { env, remove } = tlsEnvironment(await authority.issue('content', ['content']));
    cleanups.push(remove);
    const config = parseConfig(ParticipantEnv, { ...env, INTENDANT_CURATOR_ADDRESS: `127.0.0.1:${curatorPort}` });
    return startParticipant(
      { service: 'content', participant: ParsingParticipant, capabilities },
      config,
      logger,
      () => undefined,
    );
  };
  /** The Runtime's view of the registry, with a way to wait for it to become something. */
  const watcherOf = async (curatorPort: number, hasSnapshot: () => boolean) => {
    const rpc = new RpcClient(
      { host: '127.0.0.1', port: curatorPort, service: 'curator' },
      await authority.issue('runtime'),
      logger,
    );
    let newest: RegistrySnapshot | undefined;
    let check: () => void = () => undefined;
    const stop = rpc.watch<RegistrySnapshot>(
      RpcPattern.watchRegistry,
      () => ({ hasSnapshot: hasSnapshot() }),
      (snapshot) => {
        newest = snapshot;
        check();
      },
      () => undefined,
    );
    cleanups.push(() => {
      stop();
      rpc.close();
    });
    const until = (condition: (snapshot: RegistrySnapshot) => boolean): Promise<RegistrySnapshot> =>
      new Promise((resolve) => {
        check = () => {
          if (newest !== undefined && condition(newest)) resolve(newest);
        };
        check();
      });
    return until;
  };
  const callVia = async ({ instances: [instance] }: RegistrySnapshot): Promise<CallOutcome> => {
    const address = instance?.address;
    if (address?.transport !== 'tcp') throw new Error('no instance over TCP');
    const rpc = new RpcClient({ ...address, service: 'content' }, await authority.issue('runtime'), logger);
    cleanups.push(() => rpc.close());
    return rpc.call(
      RpcPattern.call,
      { ...sampleCall({}), capability: { name: 'content.parse', version: '1.0.0' } },
      30_000,
    );
  };

  test('a participant is found, called, survives a restart of Curator, and goes without a lost call', async () => {
    const first = await curatorOn(0);
    const port = first.readyDetail.port as number;
    let seen = 0;
    const until = await watcherOf(port, () => seen > 0);
    const participant = await participantAt(port);
    const live = await until(({ instances }) => instances.length === 1);
    seen = live.revision;
    const resolution = new RegistryIndex(live).resolve('content.parse');
    expect(resolution).toMatchObject({
      ok: true,
      value: { revision: live.revision, answering: [{ resolved: { service: 'content' } }] },
    });
    expect(await callVia(live)).toMatchObject({ status: 'succeeded' });

    await first.drain('test');
    const second = await curatorOn(port);
    cleanups.push(() => second.drain('test'));
    const again = await until(({ revision }) => revision > live.revision);
    // the first that is seen of the new process has the instance in it
    expect(again.instances).toEqual(live.instances);
    expect(again.capabilities).toEqual(live.capabilities);

    await participant.drain('test');
    const drained = await until(
      ({ revision, instances }) => revision > again.revision && instances.every(({ draining }) => draining),
    );
    expect(new RegistryIndex(drained).resolve('content.parse')).toMatchObject({
      ok: false,
      error: { code: 'capability_unavailable' },
    });

    await expect(participantAt(port, [{ ...parse, timeoutMs: 1_000 }])).rejects.toMatchObject({
      failure: { code: 'registration_refused', detail: expect.stringContaining('version_content_changed') },
    });
  });
});
