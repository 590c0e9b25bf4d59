import type { CapabilityDefinition, ParticipantRegistration } from '@intendant/intent-model';
import { describe, expect, test } from '@jest/globals';
import { sampleCapability, sampleDefinition, sampleInstance, sampleSnapshot } from '../test/registry-samples.js';
import { capabilityKey, registeredCapability } from './capability-identity.js';
import { checkRegistration, registrationFailure } from './registration-check.js';

const caller = { service: 'content', realms: ['content'] };
const nothing = sampleSnapshot({});

const registrationOf = (
  capabilities: CapabilityDefinition[],
  more: Partial<ParticipantRegistration> = {},
): ParticipantRegistration => ({
  service: 'content',
  instanceId: 'content-1',
  address: { transport: 'tcp', host: '127.0.0.1', port: 4000 },
  supportedIntents: [...new Set(capabilities.flatMap((capability) => capability.intents))],
  capabilities,
  ...more,
});

const rulesOf = (registration: ParticipantRegistration, existing = nothing, by = caller) =>
  checkRegistration(registration, existing, by).map((found) => `${found.rule} ${found.field}`);

const strict = {
  type: 'object',
  properties: { fileId: { type: 'string' }, page: { type: 'integer' } },
  required: ['fileId'],
  additionalProperties: false,
};

describe('checkRegistration', () => {
  test('accepts a first registration and the same one again', () => {
    const registration = registrationOf([sampleDefinition()]);
    expect(rulesOf(registration)).toEqual([]);
    const again = sampleSnapshot({
      capabilities: [sampleCapability()],
      instances: [sampleInstance('content', ['content.parse@1.0.0'])],
    });
    expect(rulesOf(registration, again)).toEqual([]);
  });

  test('a certificate speaks for its own service only, and learns nothing else', () => {
    const registration = registrationOf([sampleDefinition({ realm: 'billing' })], { service: 'insights' });
    expect(rulesOf(registration)).toEqual(['service_not_certified /service']);
  });

  test('a realm that the certificate does not name is refused', () => {
    const definition = sampleDefinition({ name: 'billing.pay', realm: 'billing', intents: ['billing.pay'] });
    expect(rulesOf(registrationOf([definition]))).toEqual(['realm_not_certified /capabilities/0/realm']);
  });

  test('a capability cannot answer for a realm that is not its own', () => {
    const definition = sampleDefinition({ intents: ['content.parse', 'billing.pay', 'cross_realm.reconcile'] });
    expect(rulesOf(registrationOf([definition]))).toEqual(['outside_realm /capabilities/0/intents']);
    expect(rulesOf(registrationOf([sampleDefinition({ name: 'billing.parse' })]))).toEqual([
      'outside_realm /capabilities/0/name',
    ]);
  });

  test.each([
    ['one too many', ['content.parse', 'content.embed']],
    ['another one', ['content.embed']],
  ])('supported intents must be the union of the capabilities: %s', (_what, supportedIntents) => {
    expect(rulesOf(registrationOf([sampleDefinition()], { supportedIntents }))).toEqual([
      'intents_differ /supportedIntents',
    ]);
  });

  test('no contract, and one that does not compile', () => {
    const definition = sampleDefinition({ inputContract: {}, outputContract: { type: 'thing' } });
    expect(rulesOf(registrationOf([definition]))).toEqual([
      'contract_missing /capabilities/0/inputContract',
      'contract_does_not_compile /capabilities/0/outputContract',
    ]);
  });

  test('the same version with other content, whatever the content', () => {
    const existing = sampleSnapshot({ capabilities: [sampleCapability()] });
    expect(rulesOf(registrationOf([sampleDefinition({ timeoutMs: 1_000 })]), existing)).toEqual([
      'version_content_changed /capabilities/0/version',
    ]);
  });

  test('another spelling of a version, which could have another content', () => {
    const existing = sampleSnapshot({ capabilities: [sampleCapability()] });
    for (const version of ['01.0.0', '1.00.0', '1.0.01', '001.000.0'])
      expect(rulesOf(registrationOf([sampleDefinition({ version })]), existing)).toEqual([
        'malformed /capabilities/0/version',
      ]);
    for (const version of ['0.1.0', '1.0.10', '10.20.30'])
      expect(rulesOf(registrationOf([sampleDefinition({ version })]))).toEqual([]);
  });

  test('but not one that was registered when it still could be: executions are pinned to it', () => {
    const existing = sampleSnapshot({ capabilities: [sampleCapability({ version: '01.0.0' })] });
    expect(rulesOf(registrationOf([sampleDefinition({ version: '01.0.0' })]), existing)).toEqual([]);
  });

  test('a version that was registered before the model gained a field with a default', () => {
    const existing = sampleSnapshot({ capabilities: [{ ...sampleCapability(), digest: 'a'.repeat(64) }] });
    expect(rulesOf(registrationOf([sampleDefinition()]), existing)).toEqual([]);
  });

  test('a name that another service registered, in any version', () => {
    const existing = sampleSnapshot({ capabilities: [sampleCapability({}, 'archive')] });
    for (const version of ['1.0.0', '1.1.0', '9.0.0'])
      expect(rulesOf(registrationOf([sampleDefinition({ version })]), existing)).toEqual([
        'owned_by_other_service /capabilities/0/name',
      ]);
  });

  test('an incompatible contract under the same major, newer or older, registered or beside it', () => {
    const demanding = { ...strict, required: ['fileId', 'page'] };
    const older = sampleSnapshot({ capabilities: [sampleCapability({ inputContract: strict })] });
    const newer = sampleDefinition({ version: '1.1.0', inputContract: demanding });
    const rule = ['contract_incompatible /capabilities/0/inputContract/required'];
    expect(rulesOf(registrationOf([newer]), older)).toEqual(rule);
    expect(rulesOf(registrationOf([{ ...newer, version: '2.0.0' }]), older)).toEqual([]);
    const registered = sampleSnapshot({
      capabilities: [sampleCapability({ version: '1.1.0', inputContract: demanding })],
    });
    expect(rulesOf(registrationOf([sampleDefinition({ inputContract: strict })]), registered)).toEqual(rule);
    expect(rulesOf(registrationOf([sampleDefinition({ inputContract: strict }), newer]))).toEqual([
      'contract_incompatible /capabilities/1/inputContract/required',
    ]);
  });

  test('a minor version that stops answering an intent', () => {
    const existing = sampleSnapshot({
      capabilities: [sampleCapability({ intents: ['content.parse', 'content.embed'] })],
    });
    const refusals = checkRegistration(registrationOf([sampleDefinition({ version: '1.1.0' })]), existing, caller);
    expect(refusals).toMatchObject([
      { rule: 'contract_incompatible', detail: expect.stringContaining('content.embed') },
    ]);
  });

  test('an intent that a live capability of another service answers; not when that service is gone', () => {
    const other = sampleCapability({ name: 'content.read' }, 'reader');
    const live = sampleSnapshot({
      capabilities: [other],
      instances: [sampleInstance('reader', ['content.read@1.0.0'])],
    });
    expect(rulesOf(registrationOf([sampleDefinition()]), live)).toEqual([
      'intent_answered_elsewhere /capabilities/0/intents',
    ]);
    expect(rulesOf(registrationOf([sampleDefinition()]), sampleSnapshot({ capabilities: [other] }))).toEqual([]);
  });

  test('another name for an intent that instances of the same service live for, with a contract that breaks theirs', () => {
    const known = sampleCapability({ inputContract: strict });
    const live = sampleSnapshot({
      capabilities: [known],
      instances: [sampleInstance('content', [capabilityKey(known)], { instanceId: 'content-2' })],
    });
    const renamed = (inputContract: CapabilityDefinition['inputContract']) =>
      registrationOf([sampleDefinition({ name: 'content.reader', inputContract })]);
    expect(rulesOf(renamed({ ...strict, required: ['fileId', 'page'] }), live)).toEqual([
      'contract_incompatible /capabilities/0/inputContract/required',
    ]);
    expect(rulesOf(renamed(strict), live)).toEqual([]);
    expect(
      rulesOf(renamed({ ...strict, required: ['fileId', 'page'] }), sampleSnapshot({ capabilities: [known] })),
    ).toEqual([]);
  });

  test('twice the same capability in one registration', () => {
    expect(rulesOf(registrationOf([sampleDefinition(), sampleDefinition()]))).toEqual([
      'capability_repeated /capabilities/1',
    ]);
  });

  test('a capability has the same digest however its definition was written', () => {
    const { name, ...rest } = sampleDefinition();
    expect(registeredCapability({ ...rest, name }, 'content').digest).toBe(sampleCapability().digest);
  });

  test('the failure names every refusal', () => {
    const refusals = checkRegistration(
      registrationOf([sampleDefinition({ inputContract: {}, outputContract: {} })]),
      nothing,
      caller,
    );
    const failure = registrationFailure(refusals);
    expect(failure.code).toBe('registration_refused');
    expect(failure.detail).toMatch(/inputContract.*outputContract/);
  });
});
