export type { BundleProblem } from './bundle-problems.js';
export { decide, deny } from './decide.js';
export { NO_POLICY_DIGEST } from './decision.js';
export { type DenialCode, EXPLANATIONS, type Explanation } from './explanations.js';
export type { DecisionPorts, RateRefusal } from './inquiry.js';
export { judgePublication, type StoredRevision } from './publication.js';
export { invalidBundle, type ReadBundle, readBundle } from './read-bundle.js';
export { type BrokenPolicy, compilePolicy, type TenantPolicy } from './tenant-policy.js';
export { afterTaking, type BucketRule, type BucketState, tokensAt, waitForToken } from './token-bucket.js';
