import type { Artifact, ContentDescriptor, ResolvedReference } from '@intendant/intent-model';
import { type ReferenceReads, StepFailure } from './participant.js';

/** What a call may see of the references in its payload: the ones its decision allowed, nothing else. */
export class AllowedReferences implements ReferenceReads {
  readonly #byReference: ReadonlyMap<string, ResolvedReference>;
  /** Content that may be read: named itself, or a rendering of a named artifact. */
  readonly #contentRefs: ReadonlySet<string>;

  constructor(references: readonly ResolvedReference[]) {
    this.#byReference = new Map(references.map((one) => [one.reference, one]));
    this.#contentRefs = new Set(references.flatMap((one) => contentOf(one).map((content) => content.ref)));
  }

  artifact(artifactId: string): Artifact {
    const found = this.#byReference.get(artifactId)?.artifact;
    if (found) return found;
    throw notAllowed(artifactId);
  }

  content(reference: string): ContentDescriptor {
    const known = this.#byReference.get(reference);
    if (known === undefined) throw notAllowed(reference);
    const [content] = contentOf(known);
    if (content !== undefined) return content;
    throw new StepFailure('reference_without_content', `${shown(reference)} has no content`);
  }

  /** Throws `reference_not_allowed` unless the content behind `ref` may be read. */
  requireReadable(ref: string): void {
    if (!this.#contentRefs.has(ref)) throw notAllowed(ref);
  }
}

const contentOf = ({ content, artifact }: ResolvedReference): ContentDescriptor[] => [
  ...(content === null ? [] : [content]),
  ...(artifact?.renderings ?? []).map((rendering) => rendering.content),
];

const notAllowed = (reference: string): StepFailure =>
  new StepFailure('reference_not_allowed', `${shown(reference)} is not among the references this call may use`);

const shown = (reference: string): string => String(reference).slice(0, 256);
