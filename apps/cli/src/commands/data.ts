import type { MashQueryType } from '@intendant/client';
import { Command, Option } from 'commander';
import { wholeNumber } from '../duration.js';
import type { Invocation } from '../invocation.js';
import type { Runner } from '../runner.js';
import { tableLines } from '../table.js';
import { lineageLines, mashLines, provenanceLines, referenceLines } from '../views/data-view.js';

interface PageOptions {
  cursor?: string;
  limit?: number;
  waitFor?: string;
}

interface ReferencesOptions extends PageOptions {
  execution?: string;
  type?: string;
}

interface LineageOptions {
  depth?: number;
  downstream?: boolean;
  waitFor?: string;
}

interface MashOptions {
  type?: MashQueryType;
  depth?: number;
  waitFor?: string;
}

export function dataCommand(runner: Runner): Command {
  const command = new Command('data').description('references: where data comes from and what became of it');
  const waiting = (one: Command): Command =>
    one.option('--wait-for <what>', 'what the answer must know of: an execution, last, a session, or content');
  const paged = (one: Command): Command =>
    waiting(one)
      .option('--limit <n>', 'how many at most', wholeNumber)
      .option('--cursor <cursor>', 'go on where an earlier page ended');
  paged(command.command('references'))
    .description('list references, newest first')
    .option('--execution <execution>', 'what this execution made, was given, or named as a source; or last')
    .option('--type <type>', 'content, or a result type')
    .action(runner((run, _args, options: ReferencesOptions) => listReferences(run, options)));
  paged(command.command('provenance'))
    .argument('<reference>', 'artifact id or content://…')
    .description('what happened to a reference, oldest first')
    .action(runner((run, [reference = ''], options: PageOptions) => showProvenance(run, reference, options)));
  waiting(command.command('lineage'))
    .argument('<reference>', 'artifact id or content://…')
    .description('what a reference was made from')
    .option('--depth <n>', 'how many steps at most', wholeNumber)
    .option('--downstream', 'what was made from it, instead')
    .action(runner((run, [reference = ''], options: LineageOptions) => showLineage(run, reference, options)));
  waiting(command.command('mash'))
    .argument('<references...>', 'artifact ids and content://…')
    .description('compare what is recorded about references; moves no data')
    .addOption(new Option('--type <type>', 'what to compare').choices(['semantic', 'lineage', 'schema']))
    .option('--depth <n>', 'how many steps of lineage at most', wholeNumber)
    .action(runner((run, references, options: MashOptions) => showMash(run, references, options)));
  for (const change of ['grant', 'revoke'] as const)
    command
      .command(change)
      .argument('<reference>', 'artifact id or content://… of yours')
      .argument('<grantee>', 'user:<name> or role:<name>')
      .description(change === 'grant' ? 'let somebody else use a reference' : 'take a grant back')
      .action(runner((run, [reference = '', grantee = '']) => showGrants(run, reference, { change, grantee })));
  command
    .command('grants')
    .argument('<reference>', 'artifact id or content://… of yours')
    .description('who may use a reference')
    .action(runner((run, [reference = '']) => showGrants(run, reference)));
  return command;
}

async function showGrants(
  run: Invocation,
  reference: string,
  asked?: { readonly change: 'grant' | 'revoke'; readonly grantee: string },
): Promise<void> {
  const client = await run.client();
  const reply =
    asked === undefined
      ? await client.grants(reference)
      : asked.change === 'grant'
        ? await client.grant(reference, asked.grantee)
        : await client.revokeGrant(reference, asked.grantee);
  run.print({
    json: reply,
    ids: () => reply.grants.map(({ grantee }) => grantee),
    table: () =>
      tableLines(
        ['GRANTED TO', 'BY', 'AT'],
        reply.grants.map(({ grantee, grantedBy, grantedAt }) => [grantee, grantedBy, grantedAt]),
        run.palette,
      ),
  });
}

const maybeLast = async (run: Invocation, given: string | undefined): Promise<string | undefined> =>
  given === undefined ? undefined : run.executionId(given);

async function listReferences(run: Invocation, options: ReferencesOptions): Promise<void> {
  const { type, cursor, limit } = options;
  const [executionId, waitFor] = [await maybeLast(run, options.execution), await maybeLast(run, options.waitFor)];
  const page = await (await run.client()).listReferences({ executionId, type, cursor, limit, waitFor });
  run.print({
    json: page,
    ids: () => page.references.map(({ referenceId }) => referenceId),
    table: () => referenceLines(page.references, run.palette),
  });
  noteMore(run, page.nextCursor);
}

async function showProvenance(run: Invocation, reference: string, options: PageOptions): Promise<void> {
  const { cursor, limit } = options;
  const waitFor = await maybeLast(run, options.waitFor);
  const page = await (await run.client()).provenance(reference, { cursor, limit, waitFor });
  run.print({
    json: page,
    ids: () => page.entries.map(({ entryId }) => entryId),
    table: () => provenanceLines(page, run.palette),
  });
  noteMore(run, page.nextCursor);
}

async function showLineage(run: Invocation, reference: string, options: LineageOptions): Promise<void> {
  const { depth, downstream } = options;
  const waitFor = await maybeLast(run, options.waitFor);
  const direction = downstream === true ? 'downstream' : 'upstream';
  const lineage = await (await run.client()).lineage(reference, { depth, direction, waitFor });
  run.print({
    json: lineage,
    ids: () => lineage.nodes.filter((node) => node.depth > 0).map(({ referenceId }) => referenceId),
    table: () => lineageLines(lineage, run.palette),
  });
  if (lineage.truncatedBy !== null && run.format !== 'json')
    run.note(`there may be more: stopped by the bound of ${lineage.truncatedBy}`);
}

async function showMash(run: Invocation, references: readonly string[], options: MashOptions): Promise<void> {
  const { type: queryType, depth } = options;
  const waitFor = await maybeLast(run, options.waitFor);
  const mash = await (await run.client()).mash(references, { queryType, depth, waitFor });
  run.print({
    json: mash,
    ids: () => mash.references.map(({ referenceId }) => referenceId),
    table: () => mashLines(mash, run.palette),
  });
}

function noteMore(run: Invocation, nextCursor: string | null): void {
  if (nextCursor !== null && run.format !== 'json') run.note(`more with --cursor ${nextCursor}`);
}
