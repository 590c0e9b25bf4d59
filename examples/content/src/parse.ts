import type { Intent, ParticipantResult } from '@intendant/intent-model';
import { digestOf } from '@intendant/kernel';
import { artifactIdOf, type HandlerContext, StepFailure } from '@intendant/participant';
import { readContent } from './content-bytes.js';
import { fileArtifact } from './file-artifact.js';
import { FORMATS, type ParseOptions, type ParsingType } from './formats.js';
import { writeRecordLines } from './record-lines.js';

export interface ParsePayload {
  readonly fileId: string;
  readonly parsingType: ParsingType;
  /** A file artifact or a content reference; for `mainframe` only. */
  readonly copybookReference?: string;
  readonly parseOptions?: ParseOptions;
}

/**
 * Reads a file into JSON lines and describes them. Failures are those of the format's reader, and
 * `parsing_type_mismatch` when the file was registered as another format.
 */
export async function parse(intent: Intent, context: HandlerContext): Promise<ParticipantResult> {
  const { fileId, parsingType, copybookReference, parseOptions = {} } = intent.payload as unknown as ParsePayload;
  const { fileType } = fileArtifact(context, fileId).semanticPayload;
  if (typeof fileType === 'string' && Object.hasOwn(FORMATS, fileType) && fileType !== parsingType) {
    throw new StepFailure('parsing_type_mismatch', `${fileId} was registered as ${fileType}, not ${parsingType}`, {
      details: { fileId, fileType, parsingType },
    });
  }
  const copybook = copybookReference === undefined ? undefined : context.references.content(copybookReference);
  const reading = await FORMATS[parsingType]({
    bytes: await readContent(context, context.references.content(fileId)),
    options: parseOptions,
    copybook: copybook && (await readContent(context, copybook)),
    signal: context.signal,
  });
  const { content, recordCount } = await writeRecordLines(context, reading.records);
  const { recordKind, columns } = reading;
  const parsedFileId = artifactIdOf('parsed', fileId, parsingType, parseOptions, copybook?.sha256 ?? null);
  const summary = { parsedFileId, sourceFileId: fileId, parserType: parsingType, recordCount };
  return {
    artifacts: [
      {
        artifactId: parsedFileId,
        resultType: 'parsed_content',
        semanticPayload: {
          sourceFileId: fileId,
          parserType: parsingType,
          recordCount,
          schema: { recordKind, fingerprint: digestOf(columns) },
          columns: columns.map((column) => ({ ...column })),
          parsing: reading.describe(),
        },
        renderings: [{ mediaType: 'application/x-ndjson', content }],
        parents: copybookReference === undefined ? [fileId] : [fileId, copybookReference],
      },
    ],
    events: [{ eventType: 'content.file_parsed', data: summary }],
    stateChanges: [],
  };
}
