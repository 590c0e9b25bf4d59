import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Service } from '@intendant/lab';
import { type Answer, type Cluster, platformServices, startCluster, type User, until } from './cluster.js';

export const TENANT = 't_bench';

/** A domain service with a plan: reserve, pay, ticket. */
export const tripService: Service = {
  name: 'bench',
  stage: 'participant',
  entry: fileURLToPath(new URL('./participants/trips.mjs', import.meta.url)),
  realms: ['bench'],
};

export const startTripCluster = (): Promise<Cluster> =>
  startCluster({
    services: [...platformServices, tripService],
    restart: { firstDelayMs: 100, longestDelayMs: 400, healthyAfterMs: 1_000 },
  });

let trips = 0;

/** One trip: an execution of the plan, whose steps wait behind gates; at the gate of `pay` its outcome is lost instead. */
export class Trip {
  private constructor(
    private readonly cluster: Cluster,
    private readonly traveller: User,
    readonly executionId: string,
    private readonly name: string,
  ) {}

  static async start(cluster: Cluster, traveller: User, sessionId: string, ...closed: string[]): Promise<Trip> {
    trips += 1;
    const name = `trip${trips}`;
    for (const step of closed) writeFileSync(gate(cluster, name, step), '');
    const answer = await traveller.submit(sessionId, 'bench.trip', { name });
    if (answer.status !== 202) throw new Error(JSON.stringify(answer.body));
    return new Trip(cluster, traveller, answer.body.executionId, name);
  }

  open(step: string): void {
    rmSync(gate(this.cluster, this.name, step), { force: true });
  }

  close(step: string): void {
    writeFileSync(gate(this.cluster, this.name, step), '');
  }

  saga(): Promise<Answer> {
    return this.traveller.get(`/v1/sagas/${this.executionId}`);
  }

  /** Resolves with the ledger once `found` holds of it. */
  once(what: string, found: (saga: Answer['body']) => boolean): Promise<Answer['body']> {
    return until(`${this.executionId} ${what}`, async () => {
      const { body } = await this.saga();
      return found(body) ? body : undefined;
    });
  }

  is(status: string): Promise<Answer['body']> {
    return this.once(`is ${status}`, (saga) => saga.status === status);
  }

  stepIs(stepId: string, status: string): Promise<Answer['body']> {
    return this.once(`has ${stepId} ${status}`, (saga) =>
      saga.steps.some((step: { stepId: string; status: string }) => step.stepId === stepId && step.status === status),
    );
  }
}

const gate = (cluster: Cluster, name: string, step: string): string =>
  join(cluster.lab.dataDir, `gate-${name}-${step}`);
