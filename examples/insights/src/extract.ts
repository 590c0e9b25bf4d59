import type { Intent, ParticipantResult } from '@intendant/intent-model';
import { artifactIdOf, type HandlerContext, StepFailure } from '@intendant/participant';
import { parsedContent, readRecords } from './parsed-content.js';
import type { Finding } from './permit-finding.js';
import { permitObject } from './permit-rules.js';
import { reportResult } from './report.js';

export interface ExtractPayload {
  readonly pattern: string;
  readonly dataSource: { readonly parsedFileId: string };
  readonly extractionConfigId?: string;
}

/** More than this is a book of law, not a permit. */
const OBLIGATIONS_MAX = 1_000;

/** Rules by pattern, with the name of the configuration that holds them. */
const PATTERNS = new Map([['pso', { configId: 'permit_semantic_object', extract: permitObject }]]);

/**
 * Extracts what a document states, by rules. Throws `pattern_not_supported`, `extraction_config_unknown`, `document_too_large`, and
 * `parsed_content_not_text` for content that has no lines of text.
 */
export async function extract(intent: Intent, context: HandlerContext): Promise<ParticipantResult> {
  const { pattern, dataSource, extractionConfigId } = intent.payload as unknown as ExtractPayload;
  const { parsedFileId } = dataSource;
  const { configId, extract: rules } = rulesOf(pattern, extractionConfigId);
  const content = parsedContent(context, parsedFileId);
  const { schema, parserType, parsing } = content.description;
  if (schema.recordKind !== 'text_line') {
    throw new StepFailure(
      'parsed_content_not_text',
      `${parsedFileId} holds the ${schema.recordKind}s of a ${parserType} file`,
      {
        details: { parsedFileId, parserType, recordKind: schema.recordKind },
      },
    );
  }
  const records = await readRecords(context, content);
  const found = rules(records.map(({ line, values }) => ({ line: line ?? null, text: String(values.text ?? '') })));
  if (found.obligations.length > OBLIGATIONS_MAX) {
    throw new StepFailure('document_too_large', `a permit has at most ${OBLIGATIONS_MAX} obligations`, {
      details: { parsedFileId, obligations: found.obligations.length, obligationsMax: OBLIGATIONS_MAX },
    });
  }
  const findings = [...beyondPages(parsing.textNotRead?.count ?? 0), ...found.findings];
  const extractionId = artifactIdOf('extraction', parsedFileId, pattern, configId);
  return reportResult(context, {
    artifactId: extractionId,
    resultType: 'extraction',
    semanticPayload: { pattern, extractionConfigId: configId, parsedFileId, ...found, findings },
    parents: [parsedFileId],
    eventType: 'insights.content_extracted',
    eventData: {
      extractionId,
      parsedFileId,
      pattern,
      obligationCount: found.obligations.length,
      missing: found.missing,
      confidence: found.confidence,
    },
  });
}

/** What the rules cannot have seen, for it is in no line of the parsed content. */
function beyondPages(characters: number): Finding[] {
  const message = `${characters} character(s) beyond the box of a page were not read`;
  return characters === 0 ? [] : [{ code: 'text_not_read', field: null, sourceLine: null, message }];
}

function rulesOf(pattern: string, configId: string | undefined) {
  const rules = PATTERNS.get(pattern);
  if (rules === undefined) {
    throw new StepFailure('pattern_not_supported', `there are no rules for the pattern ${pattern}`, {
      details: { pattern, supported: [...PATTERNS.keys()] },
    });
  }
  if (configId === undefined || configId === rules.configId) return rules;
  throw new StepFailure('extraction_config_unknown', `the pattern ${pattern} has no configuration ${configId}`, {
    details: { pattern, extractionConfigId: configId, known: [rules.configId] },
  });
}
