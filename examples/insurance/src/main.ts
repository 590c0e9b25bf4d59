import { join } from 'node:path';
import { runParticipant } from '@intendant/participant';
import { AllSystems, InsuranceParticipant, insuranceCapabilities } from './index.js';

const directory = join(process.env['INTENDANT_DATA_DIR'] || '.intendant', 'insurance');

await runParticipant({
  service: 'insurance',
  participant: InsuranceParticipant,
  capabilities: insuranceCapabilities,
  providers: [{ provide: AllSystems, useFactory: () => new AllSystems(directory) }],
});
