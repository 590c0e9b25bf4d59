import { describe, expect, test } from '@jest/globals';
import { sampleCapability, sampleInstance, sampleSnapshot } from '../test/registry-samples.js';
import { RegistryIndex } from './registry-index.js';
import { undoIn } from './undo-in.js';

const v100 = sampleCapability({ version: '1.0.0' });
const v1100 = sampleCapability({ version: '1.10.0' });

describe('what undoes an operation of a saga as code', () => {
  test('is the version that is served, else the newest one that is known: the undo waits for its service', () => {
    const capabilities = [v100, v1100];
    const instances = [sampleInstance('content', ['content.parse@1.0.0'])];
    const versionIn = (index: RegistryIndex) => {
      const found = undoIn(index, 'content.parse', 'content');
      return found.ok && found.value.capability.version;
    };
    expect(versionIn(new RegistryIndex(sampleSnapshot({ capabilities, instances })))).toBe('1.0.0');
    expect(versionIn(new RegistryIndex(sampleSnapshot({ capabilities })))).toBe('1.10.0');
  });

  test.each([
    ['content.embed', 'content', 'capability_not_found'],
    ['content.parse', 'insights', 'action_not_permitted'],
  ])('%s for a saga of %s: %s, for good', (intent, service, code) => {
    const found = undoIn(new RegistryIndex(sampleSnapshot({ capabilities: [v100] })), intent, service);
    expect(found).toMatchObject({ ok: false, error: { code, retryable: false } });
  });

  test('is never several services at once', () => {
    const all = sampleCapability({ name: 'content.all', intents: ['cross_realm.all'] });
    const found = undoIn(new RegistryIndex(sampleSnapshot({ capabilities: [all] })), 'cross_realm.all', 'content');
    expect(found).toMatchObject({ ok: false, error: { code: 'contract_violation' } });
  });
});
