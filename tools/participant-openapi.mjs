// Writes docs/participant-protocol.openapi.json from the schemas. `npm run build` first.
import { writeFileSync } from 'node:fs';
import { participantProtocolDocument } from '../apps/runtime/dist/openapi/participant-protocol.document.js';

const file = new URL('../docs/participant-protocol.openapi.json', import.meta.url);
writeFileSync(file, `${JSON.stringify(participantProtocolDocument(), null, 2)}\n`);
