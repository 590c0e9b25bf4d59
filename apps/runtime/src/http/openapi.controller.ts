import { Controller, Get, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';

/** The API as an OpenAPI 3.1 document; what makes it is loaded when somebody asks. */
@Controller()
export class OpenApiController {
  @Get('openapi.json')
  async document(@Res() reply: FastifyReply): Promise<void> {
    const { openApiDocument } = await import('../openapi/document.js');
    await reply.type('application/json').send(JSON.stringify(openApiDocument()));
  }
}
