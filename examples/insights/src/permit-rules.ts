import { citationsOf } from './permit-citations.js';
import { permitFields } from './permit-fields.js';
import { PERMIT_FIELDS, type PermitField } from './permit-labels.js';
import { readableLines } from './permit-lines.js';
import { obligationsOf } from './permit-obligations.js';
import type { TextLine } from './permit-text.js';

const REQUIRED: readonly PermitField[] = ['permitNumber', 'permitType', 'issueDate', 'issuingAuthority'];

/**
 * The permit semantic object (PSO) of a document's lines, found by rules. What the text does not state is null and
 * listed: `missing` when a permit must have it, `notStated` when it may. The confidence of the whole is the mean over
 * what a permit must have, a missing one counting 0.
 */
export function permitObject(lines: readonly TextLine[]) {
  const readable = readableLines(lines);
  const fields = permitFields(readable.lines);
  const { values } = fields;
  const obliging = obligationsOf(readable.lines);
  const { obligations } = obliging;
  const legalCitations = citationsOf(readable.lines, obligations);
  const unstated = PERMIT_FIELDS.filter((field) => values[field] === null);
  const missing: string[] = unstated.filter((field) => REQUIRED.includes(field));
  if (obligations.length === 0) missing.push('obligations');
  const best = obligations.reduce((highest, { confidence }) => Math.max(highest, confidence), 0);
  const required = [...REQUIRED.map((field) => values[field]?.confidence ?? 0), best];
  const confidence = Math.round((required.reduce((sum, value) => sum + value, 0) / required.length) * 100) / 100;
  return {
    permitMetadata: values,
    obligations,
    legalCitations,
    missing,
    notStated: unstated.filter((field) => !REQUIRED.includes(field)),
    findings: [...readable.findings, ...fields.findings, ...obliging.findings],
    confidence,
  };
}
