import type {
  CapabilityDefinition,
  JudgedReference,
  PolicyQuestion,
  Principal,
  Session,
} from '@intendant/intent-model';
import { realmOf } from '@intendant/intent-model';
import type { IdSource } from '@intendant/kernel';
import type { LogWriter } from '@intendant/partition';
import { findBoundaryContract } from './boundary-contracts.js';
import { type ReferenceBook, referencesIn } from './references.js';
import type { Submission } from './submission.js';

/** What is asked for an intent that no capability answers: policy decides before resolution does. */
const EXECUTION_MS_DEFAULT = 30_000;

/** Puts everything a decision may depend on into the question. */
export class PolicyQuestions {
  constructor(
    private readonly ids: IdSource,
    private readonly references: ReferenceBook,
    private readonly log: LogWriter,
  ) {}

  async forIntent(
    principal: Principal,
    submission: Submission,
    session: Session | null,
    capabilities: readonly CapabilityDefinition[],
    slot: number,
  ): Promise<PolicyQuestion> {
    // of an intent that several answer together, what any of them may use
    const places = new Set(capabilities.flatMap(({ dataReferences }) => dataReferences));
    const found = referencesIn(submission.payload, [...places]);
    const declared = capabilities.find(({ boundary }) => boundary !== null)?.boundary ?? null;
    return {
      decisionId: this.ids.next('dec', slot),
      principal,
      action: submission.intentType,
      realm: realmOf(submission.intentType),
      solutionId: submission.body.solutionId ?? null,
      inputDigest: submission.payloadDigest,
      session,
      sessionRequired: true,
      references: found.length === 0 ? [] : await this.references.judge(principal, found),
      boundary: declared === null ? { phase: 'none' } : await this.#boundary(principal, submission, declared, slot),
      requestedExecutionMs: capabilities[0]?.timeoutMs ?? EXECUTION_MS_DEFAULT,
    };
  }

  /** For what is no intent: opening a session, staging content, replays, publications. */
  forOperation(
    principal: Principal,
    action: string,
    inputDigest: string,
    more: { session?: Session | null; references?: JudgedReference[] } = {},
  ): PolicyQuestion {
    return {
      decisionId: this.ids.next('dec'),
      principal,
      action,
      realm: 'platform',
      solutionId: null,
      inputDigest,
      session: more.session ?? null,
      sessionRequired: false,
      references: more.references ?? [],
      boundary: { phase: 'none' },
      requestedExecutionMs: EXECUTION_MS_DEFAULT,
    };
  }

  async #boundary(
    principal: Principal,
    submission: Submission,
    declared: NonNullable<CapabilityDefinition['boundary']>,
    slot: number,
  ): Promise<PolicyQuestion['boundary']> {
    if (declared.phase === 'propose') {
      const [identifier] = referencesIn(submission.payload, [declared.identifierPointer]);
      const sourceIdentifier = `upload:${identifier?.reference ?? 'unnamed'}`.slice(0, 512);
      return {
        phase: 'propose',
        contractId: this.ids.next('bct', slot),
        sourceType: declared.sourceType,
        sourceIdentifier,
      };
    }
    const [named] = referencesIn(submission.payload, [declared.contractPointer]);
    const contract =
      named === undefined ? null : await findBoundaryContract(this.log, principal.tenantId, named.reference);
    return { phase: 'activate', contract };
  }
}
