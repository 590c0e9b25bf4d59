import { StringDecoder } from 'node:string_decoder';
import type { Artifact } from '@intendant/intent-model';
import { type HandlerContext, StepFailure } from '@intendant/participant';

export const RECORDS_MAX = 1_000_000;
export const COLUMNS_MAX = 500;

/** A line of parsed content. */
export interface ParsedRecord {
  readonly row: number;
  /** Line of the source file, where the format has lines. */
  readonly line?: number;
  readonly values: Readonly<Record<string, string | number | null>>;
  /** Fields beyond the columns, of a ragged row. */
  readonly extra?: readonly string[];
}

export interface ParsedColumn {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'decimal';
}

/** What the parser said of the content it made. */
export interface ParsedDescription {
  readonly parserType: string;
  readonly recordCount: number;
  readonly schema: { readonly recordKind: 'record' | 'text_line' | 'element' };
  readonly columns: readonly ParsedColumn[];
  /** What of the file became no record as it stood; left out where there was nothing. */
  readonly parsing: Readonly<Partial<Record<'raggedRows' | 'blankLines' | 'textNotRead', { readonly count: number }>>>;
}

export interface ParsedContent {
  readonly artifact: Artifact;
  readonly description: ParsedDescription;
}

/** The parsed content with this id. Throws `not_parsed_content` for an artifact of another kind. */
export function parsedContent(context: HandlerContext, parsedFileId: string): ParsedContent {
  const artifact = context.references.artifact(parsedFileId);
  if (artifact.resultType === 'parsed_content') {
    return { artifact, description: artifact.semanticPayload as unknown as ParsedDescription };
  }
  throw new StepFailure('not_parsed_content', `${parsedFileId} is a ${artifact.resultType}, not parsed content`, {
    details: { artifactId: parsedFileId, resultType: artifact.resultType },
  });
}

/**
 * Content that is a table. Throws `parsed_content_not_tabular` for the lines of a document or the elements of a process,
 * `too_many_records` and `too_many_columns` for what would not fit in memory.
 */
export function tabularContent(context: HandlerContext, parsedFileId: string): ParsedContent {
  const content = parsedContent(context, parsedFileId);
  const { schema, recordCount, columns, parserType } = content.description;
  if (schema.recordKind !== 'record') {
    throw new StepFailure(
      'parsed_content_not_tabular',
      `${parsedFileId} holds the ${schema.recordKind}s of a ${parserType} file`,
      {
        details: { parsedFileId, parserType, recordKind: schema.recordKind },
      },
    );
  }
  if (recordCount > RECORDS_MAX) {
    throw new StepFailure('too_many_records', `${recordCount} records, at most ${RECORDS_MAX} are read`, {
      details: { recordCount },
    });
  }
  if (columns.length > COLUMNS_MAX) {
    throw new StepFailure('too_many_columns', `${columns.length} columns, at most ${COLUMNS_MAX} are read`, {
      details: { columns: columns.length },
    });
  }
  return content;
}

/** All records of parsed content, in their order. */
export async function readRecords(context: HandlerContext, { artifact }: ParsedContent): Promise<ParsedRecord[]> {
  const { ref } = context.references.content(artifact.artifactId);
  const records: ParsedRecord[] = [];
  const decoder = new StringDecoder('utf8');
  let rest = '';
  for await (const chunk of await context.content.read(ref)) {
    context.signal.throwIfAborted();
    const lines = (rest + decoder.write(Buffer.from(chunk as Uint8Array))).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line !== '') records.push(JSON.parse(line) as ParsedRecord);
  }
  if (rest !== '') records.push(JSON.parse(rest) as ParsedRecord);
  return records;
}
