import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { err, ok, parseStrictJson, type Result } from '@intendant/kernel';
import type { Logger } from '@intendant/nest-kit';
import type { TenantPolicies } from './tenant-policies.js';

const FIRST_PUBLISHER = 'first-start';

/**
 * Publishes `{tenant}.json` of a folder for every tenant that has no policy yet. A file that cannot be used is logged and
 * left out: its tenant stays without a policy and is denied, the others are not concerned.
 */
export async function publishFirstPolicies(folder: string, policies: TenantPolicies, logger: Logger): Promise<void> {
  const files = (await readdir(folder)).filter((name) => name.endsWith('.json')).sort();
  for (const file of files) {
    const tenantId = file.slice(0, -'.json'.length);
    if (policies.of(tenantId) !== null) continue;
    const document = await readDocument(join(folder, file));
    const outcome = document.ok ? await policies.publish(tenantId, document.value, FIRST_PUBLISHER) : document.error;
    if ('code' in outcome) logger.error({ file, code: outcome.code, detail: outcome.detail }, 'first policy refused');
  }
}

async function readDocument(path: string): Promise<Result<unknown, { code: string; detail: string }>> {
  const parsed = parseStrictJson(await readFile(path));
  if (parsed.ok) return ok(parsed.value);
  return err({ code: 'malformed_json', detail: `${parsed.error.message} at "${parsed.error.pointer}"` });
}
