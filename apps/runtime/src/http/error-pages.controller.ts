import { readFile } from 'node:fs/promises';
import { ERROR_CATALOGUE, FailureError, failure } from '@intendant/intent-model';
import { Controller, Get, Param, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';

/** The same four steps up from `src/http` and from `dist/http`. */
const PAGES = new URL('../../../../docs/errors/', import.meta.url);

/** The pages that the `type` of a problem document names. */
@Controller('docs/errors')
export class ErrorPagesController {
  @Get(':code')
  async page(@Res() reply: FastifyReply, @Param('code') code: string): Promise<void> {
    if (!Object.hasOwn(ERROR_CATALOGUE, code)) throw new FailureError(failure('not_found', 'no such error code'));
    const text = await readFile(new URL(`${code}.md`, PAGES), 'utf8');
    await reply.type('text/markdown; charset=utf-8').send(text);
  }
}
