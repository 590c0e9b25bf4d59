export { TestAuthority } from './test-authority.js';
