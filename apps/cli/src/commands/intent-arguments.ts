import type { IntentDraft } from '@intendant/client';
import type { Command } from 'commander';
import type { Invocation } from '../invocation.js';
import { type ContentField, contentField, jsonObject, readArgument, stagedNotice, withContent } from '../payload.js';
import { sessionInUse } from '../session-in-use.js';
import { UsageError } from '../usage-error.js';

export interface IntentOptions {
  session?: string;
  content?: ContentField[];
  correlation?: string;
  solution?: string;
  skipTag?: string[];
}

/** What `submit` and `validate` have in common: an intent type, a payload, a session. */
export const takingAnIntent = (command: Command): Command =>
  command
    .argument('<intentType>', 'such as content.parse')
    .argument('[payload]', 'JSON object, @file, or - for standard input', '{}')
    .option('--session <session>', 'session to use; the one in use, or a new one, unless told')
    .option(
      '--content <field=path>',
      'stage a file and put its reference into a field of the payload; may be repeated',
      (text: string, fields: ContentField[] | undefined) => [...(fields ?? []), contentField(text)],
    )
    .option('--solution <solution>', 'solution the intent belongs to')
    .option(
      '--skip-tag <tag>',
      'leave out the steps of a plan that carry the tag; may be repeated',
      (tag: string, tags: string[] | undefined) => [...(tags ?? []), tag],
    )
    .option('--correlation <id>', 'correlation id of the business transaction');

export async function intentOf(run: Invocation, args: readonly string[], options: IntentOptions): Promise<IntentDraft> {
  const [intentType = '', argument = '{}'] = args;
  const payload = jsonObject(await readArgument(argument, 'the payload'), 'the payload');
  const staged = [];
  for (const field of options.content ?? []) {
    const descriptor = await stage(run, field);
    staged.push({ ...field, descriptor });
    run.note(stagedNotice({ ...field, descriptor }));
  }
  const { correlation, skipTag, solution } = options;
  return {
    intentType,
    sessionId: await sessionInUse(run, options.session),
    payload: withContent(payload, staged) as IntentDraft['payload'],
    ...(solution !== undefined && { solutionId: solution }),
    ...(skipTag !== undefined && { skipTags: skipTag }),
    metadata: { source: 'cli', ...(correlation !== undefined && { correlationId: correlation }) },
  };
}

async function stage(run: Invocation, { path }: ContentField) {
  const client = await run.client();
  try {
    return await client.stageContent(path);
  } catch (cause) {
    const { code, syscall } = cause as NodeJS.ErrnoException;
    if (code !== undefined && syscall !== undefined && syscall !== 'connect')
      throw new UsageError(`${path} cannot be staged: ${(cause as Error).message}`);
    throw cause;
  }
}
