import { type Failure, failure, PolicyBundle } from '@intendant/intent-model';
import { DEPTH_MAX, digestOf, err, inOrder, ok, pointerOf, type Result } from '@intendant/kernel';
import type { z } from 'zod';
import { type BundleProblem, bundleProblems } from './bundle-problems.js';

/** A bundle that validates, deep-frozen, with the digest of its canonical JSON. */
export interface ReadBundle {
  readonly bundle: PolicyBundle;
  readonly digest: string;
}

/** Validates a document whole: either a bundle, or every problem of its shape, or every problem between its parts. */
export function readBundle(document: unknown): Result<ReadBundle, readonly BundleProblem[]> {
  const reaching = keysThatReachPrototypes(document, []);
  if (reaching.length > 0) return err(reaching);
  const parsed = PolicyBundle.safeParse(document);
  if (!parsed.success) return err(parsed.error.issues.flatMap(problemsOfIssue));
  const problems = bundleProblems(parsed.data);
  if (problems.length > 0) return err(problems);
  // In canonical order once: parts of it are recorded with every decision.
  const bundle = deepFreeze(inOrder(parsed.data));
  return ok({ bundle, digest: digestOf(bundle) });
}

/** The refusal of a bundle: its first problem in words, all of them in `extra.problems`. */
export function invalidBundle(problems: readonly BundleProblem[]): Failure {
  const [first] = problems;
  return failure(
    'policy_invalid',
    `${problems.length} problem(s); the first, at "${first?.pointer}": ${first?.message}`,
    {
      field: `/bundle${first?.pointer ?? ''}`,
      remedy: 'Correct every listed problem and publish the bundle again.',
      extra: { problems },
    },
  );
}

function problemsOfIssue(issue: z.core.$ZodIssue): BundleProblem[] {
  const path = issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part));
  if (issue.code !== 'unrecognized_keys') return [{ pointer: pointerOf(path), message: issue.message }];
  return issue.keys.map((key) => ({ pointer: pointerOf([...path, key]), message: 'is not a member of a bundle' }));
}

const PROTOTYPE_KEYS = new Set(['__proto__', 'constructor', 'prototype']);

/** The schema would drop such a key without a word, and the digest would be of something else than was sent. */
function keysThatReachPrototypes(value: unknown, path: readonly (string | number)[]): BundleProblem[] {
  if (typeof value !== 'object' || value === null || path.length > DEPTH_MAX) return [];
  return Object.entries(value).flatMap(([key, member]) => {
    const here = [...path, key];
    const below = keysThatReachPrototypes(member, here);
    return PROTOTYPE_KEYS.has(key) ? [{ pointer: pointerOf(here), message: 'reaches a prototype' }, ...below] : below;
  });
}

function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  for (const member of Object.values(value)) deepFreeze(member);
  return Object.freeze(value);
}
