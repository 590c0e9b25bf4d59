import { expect, it } from '@jest/globals';
import { requireNoBody } from './no-body.js';
import { OutboxController } from './outbox.controller.js';
import { ReadModelController } from './read-model.controller.js';
import { ReplaysController } from './replays.controller.js';

it.each<[string, string | undefined]>([
  ['no body', undefined],
  ['an empty object', ' {} '],
])('%s says nothing', (_what, text) => {
  expect(() => requireNoBody(text === undefined ? undefined : Buffer.from(text))).not.toThrow();
});

it.each([
  ['what is no JSON', '{', 'malformed_json', ''],
  ['a list', '[]', 'invalid_request', ''],
  ['a member', '{"a/b": 1}', 'invalid_request', '/a~1b'],
])('%s is refused where nothing is read', (_what, text, code, field) => {
  expect(() => requireNoBody(Buffer.from(text))).toThrow(
    expect.objectContaining({ failure: expect.objectContaining({ code, field }) }),
  );
});

const platform = {} as never;
const request = { body: Buffer.from('[]') } as never;

it.each([
  ['a validation', () => new ReplaysController(platform).validate(request, 'exe_1')],
  ['a redrive', () => new OutboxController(platform).redrive(request, 'evt_1')],
  ['a rebuild', () => new ReadModelController(platform).rebuild(request)],
])('%s with a body is refused before anybody is asked', async (_what, ask) => {
  await expect(ask()).rejects.toMatchObject({ failure: { code: 'invalid_request', field: '' } });
});
