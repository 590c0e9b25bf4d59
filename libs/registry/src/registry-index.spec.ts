import { describe, expect, test } from '@jest/globals';
import { sampleCapability, sampleInstance, sampleSnapshot } from '../test/registry-samples.js';
import { RegistryIndex, resolve } from './registry-index.js';

const v100 = sampleCapability({ version: '1.0.0' });
const v190 = sampleCapability({ version: '1.9.0' });
const v1100 = sampleCapability({ version: '1.10.0' });

const codeOf = (answer: ReturnType<typeof resolve>) => (answer.ok ? 'resolved' : answer.error.code);

describe('resolution', () => {
  test('an intent nobody lists is not found', () => {
    expect(codeOf(resolve(sampleSnapshot({ capabilities: [v100] }), 'content.embed'))).toBe('capability_not_found');
  });

  test('an intent that is known but not served now is unavailable, with a wait', () => {
    const answer = resolve(sampleSnapshot({ capabilities: [v100] }), 'content.parse');
    expect(answer).toMatchObject({
      ok: false,
      error: { code: 'capability_unavailable', retryAfterMs: expect.any(Number) },
    });
  });

  test('a draining instance is not called', () => {
    const instances = [sampleInstance('content', ['content.parse@1.0.0'], { draining: true })];
    expect(codeOf(resolve(sampleSnapshot({ capabilities: [v100], instances }), 'content.parse'))).toBe(
      'capability_unavailable',
    );
  });

  test('the highest version with a live instance answers, by number and not by text', () => {
    const capabilities = [v190, v1100, v100];
    const both = [sampleInstance('content', ['content.parse@1.9.0', 'content.parse@1.10.0'])];
    const highest = resolve(sampleSnapshot({ capabilities, instances: both }), 'content.parse');
    expect(highest.ok && highest.value.answering.map((one) => one.resolved.version)).toEqual(['1.10.0']);
    const older = [sampleInstance('content', ['content.parse@1.0.0', 'content.parse@1.9.0'])];
    const next = resolve(sampleSnapshot({ capabilities, instances: older }), 'content.parse');
    expect(next.ok && next.value.answering.map((one) => one.resolved.version)).toEqual(['1.9.0']);
  });

  test('names the revision, the digest and every instance that serves the version', () => {
    const instances = ['a', 'b'].map((instanceId) =>
      sampleInstance('content', ['content.parse@1.0.0'], { instanceId }),
    );
    const answer = resolve(sampleSnapshot({ capabilities: [v100], instances }), 'content.parse');
    expect(answer).toMatchObject({
      ok: true,
      value: {
        revision: 7,
        answering: [
          { resolved: { name: 'content.parse', version: '1.0.0', service: 'content', digest: v100.digest }, instances },
        ],
      },
    });
  });

  test('a cross-realm intent resolves to every capability that lists it, one version each, in order of names', () => {
    const mash = { realm: 'insights', intents: ['cross_realm.data_mash'] };
    const capabilities = [
      sampleCapability({ ...mash, name: 'insights.mash', version: '1.0.0' }, 'insights'),
      sampleCapability({ ...mash, name: 'insights.mash', version: '1.1.0' }, 'insights'),
      sampleCapability({ name: 'content.mash', intents: ['cross_realm.data_mash'] }),
    ];
    const insights = sampleInstance('insights', ['insights.mash@1.0.0', 'insights.mash@1.1.0']);
    const content = sampleInstance('content', ['content.mash@1.0.0']);
    const answer = resolve(sampleSnapshot({ capabilities, instances: [insights, content] }), 'cross_realm.data_mash');
    expect(answer.ok && answer.value.answering.map((one) => `${one.resolved.name}@${one.resolved.version}`)).toEqual([
      'content.mash@1.0.0',
      'insights.mash@1.1.0',
    ]);
    const partial = resolve(sampleSnapshot({ capabilities, instances: [insights] }), 'cross_realm.data_mash');
    expect(partial).toMatchObject({
      ok: false,
      error: { code: 'capability_unavailable', detail: expect.stringContaining('content.mash') },
    });
  });

  test('a cross-realm intent is not answered when two capabilities declare a boundary, of which policy would see one', () => {
    const boundary = { phase: 'activate' as const, contractPointer: '/contract' };
    const both = { intents: ['cross_realm.data_mash'], boundary };
    const capabilities = [
      sampleCapability({ ...both, name: 'content.mash' }),
      sampleCapability({ ...both, name: 'insights.mash', realm: 'insights' }, 'insights'),
    ];
    const instances = [
      sampleInstance('content', ['content.mash@1.0.0']),
      sampleInstance('insights', ['insights.mash@1.0.0']),
    ];
    expect(resolve(sampleSnapshot({ capabilities, instances }), 'cross_realm.data_mash')).toMatchObject({
      ok: false,
      error: { code: 'capability_unavailable', detail: expect.stringContaining('content.mash, insights.mash') },
    });
    const one = capabilities.map((capability, n) => ({ ...capability, boundary: n === 0 ? null : boundary }));
    expect(resolve(sampleSnapshot({ capabilities: one, instances }), 'cross_realm.data_mash').ok).toBe(true);
  });

  test('a solution intent resolves to one orchestrator', () => {
    const solution = { realm: 'solution', intents: ['solution.synthesize'] };
    const capabilities = [
      sampleCapability({ ...solution, name: 'solution.old', version: '1.0.0' }, 'solution'),
      sampleCapability({ ...solution, name: 'solution.new', version: '2.0.0' }, 'solution'),
    ];
    const instances = [sampleInstance('solution', ['solution.old@1.0.0', 'solution.new@2.0.0'])];
    const answer = resolve(sampleSnapshot({ capabilities, instances }), 'solution.synthesize');
    expect(answer.ok && answer.value.answering.map((one) => one.resolved.name)).toEqual(['solution.new']);
  });

  test('a name from Object.prototype is no intent', () => {
    expect(codeOf(resolve(sampleSnapshot({ capabilities: [v100] }), 'constructor'))).toBe('capability_not_found');
  });

  test('a pinned version stays findable after a newer one came', () => {
    const instances = [sampleInstance('content', ['content.parse@1.0.0'])];
    const index = new RegistryIndex(sampleSnapshot({ capabilities: [v100, v190], instances }));
    expect(index.capability('content.parse', '1.0.0')?.digest).toBe(v100.digest);
    expect(index.instancesOf({ name: 'content.parse', version: '1.0.0' })).toEqual(instances);
    expect(index.instancesOf({ name: 'content.parse', version: '1.9.0' })).toEqual([]);
  });
});
