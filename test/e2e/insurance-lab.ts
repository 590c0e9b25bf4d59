import { join } from 'node:path';
import type { LabOptions } from '@intendant/lab';
import { labServices } from '@intendant/lab';
import { jsonLines, legacyPolicies } from '../../examples/data/insurance/make-policies.mjs';
import {
  type Inspection,
  type LegacyPolicy,
  type OpenInsurance,
  openInsurance,
} from '../../examples/insurance/src/index.js';
import { type Answer, type Cluster, platformServices, startCluster, type User } from './cluster.js';

export const TENANT = 't_atlantic_life';

/** The platform and the insurance service. */
export const startInsuranceCluster = (options: Partial<LabOptions> = {}): Promise<Cluster> =>
  startCluster({
    services: [...platformServices, ...labServices.filter(({ name }) => name === 'insurance')],
    restart: { firstDelayMs: 100, longestDelayMs: 400, healthyAfterMs: 1_000 },
    ...options,
  });

export const legacyRows = (count: number, seed?: number): LegacyPolicy[] =>
  legacyPolicies({ count, seed }) as LegacyPolicy[];

/** The people of the insurance tenant, and its systems as its database administrator sees them. */
export class InsuranceLab {
  private constructor(
    readonly lead: User,
    readonly auditor: User,
    private readonly sessionId: string,
    private readonly files: OpenInsurance,
  ) {}

  static async open(cluster: Cluster): Promise<InsuranceLab> {
    const lead = await cluster.user(TENANT, 'lead', 'migration_lead');
    const auditor = await cluster.user(TENANT, 'auditor', 'auditor');
    const files = openInsurance(join(cluster.lab.dataDir, 'insurance'));
    return new InsuranceLab(lead, auditor, await lead.session(), files);
  }

  close(): void {
    this.files.close();
  }

  inspect(): Inspection {
    return this.files.inspect(TENANT);
  }

  /** Changes the systems beside the service. */
  sql(statement: string, ...values: readonly (string | number)[]): void {
    const systems = this.files.systemsOf(TENANT);
    systems.transaction(() => systems.run(statement, ...values));
  }

  ids(query: string, ...values: readonly (string | number)[]): readonly string[] {
    const systems = this.files.systemsOf(TENANT);
    return systems.transaction(() => systems.all<{ policy_id: string }>(query, ...values)).map((row) => row.policy_id);
  }

  /** Brings rows into the legacy system through the front door; the execution that did. */
  async load(rows: readonly LegacyPolicy[]): Promise<string> {
    const staged = await this.lead.post('/v1/content', Buffer.from(jsonLines(rows)));
    const executionId = await this.submit('insurance.load_legacy_policies', { contentRef: staged.body.ref });
    const { status, error } = await this.lead.settled(executionId);
    if (status !== 'completed') throw new Error(`not loaded: ${status} ${JSON.stringify(error)}`);
    return executionId;
  }

  /** The answer to an intent that is over at once. */
  async run(intentType: string, payload: object): Promise<Answer['body']> {
    return (await this.lead.run(this.sessionId, intentType, payload)).body;
  }

  /** The refusal of an intent that policy does not allow. */
  async refused(intentType: string, payload: object): Promise<Answer['body']> {
    return (await this.lead.submit(this.sessionId, intentType, payload)).body;
  }

  async submit(intentType: string, payload: object): Promise<string> {
    const answer = await this.lead.submit(this.sessionId, intentType, payload);
    if (answer.status !== 202) throw new Error(`not accepted: ${JSON.stringify(answer.body)}`);
    return answer.body.executionId;
  }
}
