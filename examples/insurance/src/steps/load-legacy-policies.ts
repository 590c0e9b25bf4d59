import { createInterface } from 'node:readline';
import { artifactIdOf, type HandlerContext, StepFailure } from '@intendant/participant';
import { LEGACY_COLUMNS, type LegacyPolicy, legacyFault } from '../domain/legacy-policy.js';
import { payloadOf, resultOf, type Step } from './step.js';

/** Policies that one file may hold. */
const POLICIES_MAX = 50_000;

const VALUES = [...LEGACY_COLUMNS, 'owned'].map(() => '?').join(', ');
const INSERT = `INSERT INTO legacy.policies (${LEGACY_COLUMNS.join(', ')}, owned) VALUES (${VALUES}) ON CONFLICT DO NOTHING`;

/** Fills the legacy system from a file of JSON lines. What it holds already stays as it is. */
export const loadLegacyPolicies: Step = async (call) => {
  const { contentRef } = payloadOf<{ contentRef: string }>(call);
  const { systems, context } = call;
  const known = call.effects.known();
  if (known !== null) return known;
  const rows = await rowsOf(context, contentRef);
  return call.effects.apply(null, () => {
    let loaded = 0;
    for (const row of rows) loaded += systems.run(INSERT, ...LEGACY_COLUMNS.map((column) => row[column]), 1);
    const artifactId = artifactIdOf('load', context.executionId);
    const semanticPayload = { policyCount: rows.length, loaded };
    return resultOf(
      { artifactId, resultType: 'legacy_load', semanticPayload, parents: [contentRef] },
      'insurance.legacy_policies_loaded',
    );
  });
};

async function rowsOf(context: HandlerContext, contentRef: string): Promise<readonly LegacyPolicy[]> {
  const rows: LegacyPolicy[] = [];
  const input = await context.content.read(contentRef);
  for await (const text of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
    if (text === '') continue;
    rows.push(rowOf(text, rows.length + 1));
    if (rows.length > POLICIES_MAX)
      throw new StepFailure('too_many_policies', `a file may hold ${POLICIES_MAX} policies`, {
        details: { contentRef },
      });
  }
  return rows;
}

function rowOf(text: string, line: number): LegacyPolicy {
  const row = parsed(text);
  const fault = row === undefined ? 'it is no JSON' : legacyFault(row);
  if (fault === null) return row as LegacyPolicy;
  throw new StepFailure('legacy_row_invalid', `line ${line}: ${fault}`, { details: { line, fault } });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
