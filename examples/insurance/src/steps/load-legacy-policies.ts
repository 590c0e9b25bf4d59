import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
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
  const input = Readable.from(bytewise(await context.content.read(contentRef)));
  let line = 0;
  for await (const bytes of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
    line += 1;
    if (bytes === '') continue;
    rows.push(rowOf(textOf(bytes, line), line));
    if (rows.length > POLICIES_MAX)
      throw new StepFailure('too_many_policies', `a file may hold ${POLICIES_MAX} policies`, {
        details: { contentRef },
      });
  }
  return rows;
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
