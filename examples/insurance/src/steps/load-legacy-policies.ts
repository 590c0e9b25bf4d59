import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { digestOf, type JsonValue, parseStrictJson } from '@intendant/kernel';
import { artifactIdOf, type HandlerContext, StepFailure } from '@intendant/participant';
import { LEGACY_COLUMNS, type LegacyPolicy, legacyFault } from '../domain/legacy-policy.js';
import type { TenantSystems } from '../systems/tenant-systems.js';
import { payloadOf, resultOf, type Step } from './step.js';

/** Policies that one file may hold. */
const POLICIES_MAX = 50_000;

const VALUES = [...LEGACY_COLUMNS, 'owned'].map(() => '?').join(', ');
const INSERT = `INSERT INTO legacy.policies (${LEGACY_COLUMNS.join(', ')}, owned) VALUES (${VALUES}) ON CONFLICT DO NOTHING`;
const HELD = `SELECT ${LEGACY_COLUMNS.join(', ')} FROM legacy.policies WHERE policy_id = ?`;
const NOTE = 'INSERT OR REPLACE INTO loaded_rows (policy_id, row_digest) VALUES (?, ?)';
const NOTED = 'SELECT row_digest FROM loaded_rows WHERE policy_id = ?';

/** A row and where it stands. */
interface Line {
  readonly line: number;
  readonly row: LegacyPolicy;
}

/** Fills the legacy system from a file of JSON lines. What came before may come again, and no other way. */
export const loadLegacyPolicies: Step = async (call) => {
  const { contentRef } = payloadOf<{ contentRef: string }>(call);
  const { systems, context } = call;
  const known = call.effects.known();
  if (known !== null) return known;
  const lines = await linesOf(context, contentRef);
  return call.effects.apply(null, () => {
    let loaded = 0;
    for (const line of lines) loaded += load(systems, line);
    const artifactId = artifactIdOf('load', context.executionId);
    const semanticPayload = { policyCount: lines.length, loaded };
    return resultOf(
      { artifactId, resultType: 'legacy_load', semanticPayload, parents: [contentRef] },
      'insurance.legacy_policies_loaded',
    );
  });
};

/**
 * How many rows that adds: one, or none where the row came before. That stays as it is, with what was repaired in the system
 * since; a row that is neither what came nor what is held is for a person to decide.
 */
function load(systems: TenantSystems, { line, row }: Line): number {
  const policyId = row.policy_id;
  const digest = digestOf(row as unknown as JsonValue);
  if (systems.run(INSERT, ...LEGACY_COLUMNS.map((column) => row[column]), 1) === 1) {
    systems.run(NOTE, policyId, digest);
    return 1;
  }
  const held = systems.first<LegacyPolicy>(HELD, policyId);
  const columns = LEGACY_COLUMNS.filter((column) => held?.[column] !== row[column]);
  if (columns.length === 0 || systems.first<{ row_digest: string }>(NOTED, policyId)?.row_digest === digest) return 0;
  const message = `line ${line}: ${policyId} is there already with another ${columns.join(', ')}`;
  throw new StepFailure('legacy_row_conflict', message, { details: { line, policyId, columns } });
}

async function linesOf(context: HandlerContext, contentRef: string): Promise<readonly Line[]> {
  const lines: Line[] = [];
  const input = Readable.from(bytewise(await context.content.read(contentRef)));
  let line = 0;
  for await (const bytes of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
    line += 1;
    if (bytes === '') continue;
    lines.push({ line, row: rowOf(textOf(bytes, line), line) });
    if (lines.length > POLICIES_MAX)
      throw new StepFailure('too_many_policies', `a file may hold ${POLICIES_MAX} policies`, {
        details: { contentRef },
      });
  }
  return lines;
}

/** A character a byte, so that lines are told apart before they are read as UTF-8 and one that is not can be named. */
async function* bytewise(input: AsyncIterable<unknown>): AsyncGenerator<string> {
  for await (const chunk of input) yield Buffer.from(chunk as Uint8Array).toString('latin1');
}

function textOf(bytes: string, line: number): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(bytes, 'latin1'));
  } catch {
    const encoding = 'utf-8';
    throw new StepFailure('invalid_encoding', `line ${line} is not ${encoding}`, { details: { encoding, line } });
  }
}

function rowOf(text: string, line: number): LegacyPolicy {
  const parsed = parseStrictJson(text);
  const fault = parsed.ok
    ? legacyFault(parsed.value)
    : `it is no JSON that can be read in one way only: ${parsed.error.message}`;
  if (parsed.ok && fault === null) return parsed.value as unknown as LegacyPolicy;
  throw new StepFailure('legacy_row_invalid', `line ${line}: ${fault}`, { details: { line, fault } });
}
