export { contentDigestOf } from './content-digest.js';
export { NonceMemory } from './nonce-memory.js';
export { RequestKeys } from './request-key.js';
export { type RequestRefusal, signRequest, verifyRequest } from './signed-request.js';
export { signResponse, verifyResponse } from './signed-response.js';
