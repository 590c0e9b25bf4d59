import { readFileSync } from 'node:fs';
import { ParticipantPath, ParticipantRegistrationPath } from '@intendant/intent-model';
import { describe, expect, it } from '@jest/globals';
import { Validator } from '@seriousme/openapi-schema-validator';
import { participantProtocolDocument } from './participant-protocol.document.js';

const FILE = new URL('../../../../docs/participant-protocol.openapi.json', import.meta.url);

describe('the OpenAPI document of the participant protocol', () => {
  it('is valid OpenAPI 3.1', async () => {
    const validator = new Validator();
    expect(await validator.validate(structuredClone(participantProtocolDocument()) as never)).toEqual({ valid: true });
    expect(validator.version).toBe('3.1');
  });

  it('is what docs/participant-protocol.openapi.json says; `npm run openapi` writes it', () => {
    expect(JSON.parse(readFileSync(FILE, 'utf8'))).toEqual(JSON.parse(JSON.stringify(participantProtocolDocument())));
  });

  it('covers every path of participants, Curator and the data plane', () => {
    const dataPlane = ['/content', '/content/{sha256}', '/journal', '/state/{scope}/{key}'];
    const all = [...Object.values(ParticipantPath), ...Object.values(ParticipantRegistrationPath), ...dataPlane];
    expect(Object.keys(participantProtocolDocument().paths ?? {}).sort()).toEqual(all.sort());
  });
});
