import type { Intent, ParticipantResult } from '@intendant/intent-model';
import { artifactIdOf, type HandlerContext, StepFailure } from '@intendant/participant';
import { type ParsedContent, readRecords, tabularContent } from './parsed-content.js';
import { assessTable } from './quality.js';
import { reportResult } from './report.js';

export interface AssessQualityPayload {
  readonly parsedFileId: string;
  readonly sourceFileId?: string;
  readonly parserType?: string;
}

/** Measures the quality of parsed records. Throws `parser_type_mismatch`, `source_file_mismatch` when the payload names others. */
export async function assessQuality(intent: Intent, context: HandlerContext): Promise<ParticipantResult> {
  const payload = intent.payload as unknown as AssessQualityPayload;
  const { parsedFileId } = payload;
  const content = tabularContent(context, parsedFileId);
  checkOrigin(payload, content);
  const { columns, parsing, parserType } = content.description;
  const records = await readRecords(context, content);
  const blankLines = parsing.blankLines?.count ?? 0;
  const report = {
    parsedFileId,
    parserType,
    ...assessTable(records, columns, parsing.raggedRows?.count ?? 0),
    // no records, so that they lower no ratio
    ...(blankLines > 0 && { blankLines }),
  };
  const qualityId = artifactIdOf('quality', parsedFileId, payload.sourceFileId ?? null);
  return reportResult(context, {
    artifactId: qualityId,
    resultType: 'quality_assessment',
    semanticPayload: report,
    parents: payload.sourceFileId === undefined ? [parsedFileId] : [parsedFileId, payload.sourceFileId],
    eventType: 'insights.quality_assessed',
    eventData: { qualityId, parsedFileId, ...report.overall },
  });
}

function checkOrigin(
  { parsedFileId, parserType, sourceFileId }: AssessQualityPayload,
  { artifact, description }: ParsedContent,
): void {
  if (parserType !== undefined && parserType !== description.parserType) {
    throw new StepFailure(
      'parser_type_mismatch',
      `${parsedFileId} was parsed as ${description.parserType}, not ${parserType}`,
      {
        details: { parsedFileId, claimed: parserType, actual: description.parserType },
      },
    );
  }
  if (sourceFileId !== undefined && !artifact.parents.includes(sourceFileId)) {
    throw new StepFailure('source_file_mismatch', `${parsedFileId} was not made from ${sourceFileId}`, {
      details: { parsedFileId, claimed: sourceFileId, actual: artifact.parents },
    });
  }
}
