export { type CollectedSpan, collectingTracer } from './collected-spans.js';
export { TestAuthority } from './test-authority.js';
