import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { serverTlsOptions } from '@intendant/nest-kit';
import { expect, it } from '@jest/globals';
import { TestAuthority, tlsEnvironment } from '../testing/index.js';
import { startMemoryCurator } from '../testing/memory-curator.js';

const GUIDE = new URL('../../../../docs/participants.md', import.meta.url);
const HERE = fileURLToPath(new URL('.', import.meta.url));

it('runs a participant over HTTP as the guide shows it, and ends when it is told to', async () => {
  const blocks = [...readFileSync(GUIDE, 'utf8').matchAll(/```ts\n(.*?)```/gs)].map(([, code]) => code ?? '');
  const example = blocks.find((code) => code.includes('runHttpParticipant(')) as string;
  const authority = await TestAuthority.create();
  const curator = await startMemoryCurator(serverTlsOptions(await authority.issue('curator')));
  const { env, remove } = tlsEnvironment(await authority.issue('words', ['words']));
  const child = spawn(process.execPath, ['--input-type=module', '--eval', example], {
    cwd: HERE,
    env: { ...env, PATH: process.env.PATH, INTENDANT_CURATOR_HTTP_ADDRESS: curator.address },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const ended = once(child, 'exit');
  const early = ended.then(([code]) => Promise.reject(new Error(`it ended with ${code} before it was registered`)));
  const { registration } = await Promise.race([curator.registered, early]);
  expect(registration).toMatchObject({ service: 'words', supportedIntents: ['words.count'] });
  early.catch(() => undefined);
  child.kill('SIGTERM');
  expect(await ended).toEqual([0, null]);
  await curator.close();
  remove();
});
