import { readFile } from 'node:fs/promises';
import { ERROR_CATALOGUE, FailureError, failure } from '@intendant/intent-model';
import { Controller, Get, Param, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';

/** The same four steps up from `src/http` and from `dist/http`; the image has the pages there, too. */
const PAGES = new URL('../../../../docs/errors/', import.meta.url);

/** The pages that the `type` of a problem document names. */
@Controller('docs/errors')
export class ErrorPagesController {
  @Get(':code')
  async page(@Res() reply: FastifyReply, @Param('code') code: string): Promise<void> {
    await reply.type('text/markdown; charset=utf-8').send(await errorPage(code));
  }
}

/** Codes that stand only in the `error` of a step or an execution share one page, with a row for each. */
const STEP_ERRORS = 'step-errors';

/** The text of one page; `not_found` for a code that is none, and where the pages were not installed. */
export async function errorPage(code: string, pages = PAGES): Promise<string> {
  if (Object.hasOwn(ERROR_CATALOGUE, code)) return read(code, pages);
  const page = /^[a-z][a-z_]*$/.test(code) ? await read(STEP_ERRORS, pages) : '';
  if (page !== '' && new RegExp(`^\\|[^|]*\`${code}\``, 'm').test(page)) return page;
  throw new FailureError(failure('not_found', 'no such error code'));
}

async function read(name: string, pages: URL): Promise<string> {
  try {
    return await readFile(new URL(`${name}.md`, pages), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new FailureError(failure('not_found', 'the page of this error code is not here'));
  }
}
