import { describe, expect, it } from '@jest/globals';
import { KnownPaths } from './known-paths.js';

const paths = new KnownPaths();
paths.add('GET', '/v1/sagas/stuck');
paths.add('GET', '/v1/sagas/:executionId');
paths.add('HEAD', '/v1/sagas/:executionId');
paths.add('POST', '/v1/sagas/:executionId/steps/:stepId/retry');

describe('the methods of a path', () => {
  it.each([
    ['/v1/sagas/exe_1', ['GET', 'HEAD']],
    ['/v1/sagas/stuck', ['GET', 'HEAD']],
    ['/v1/sagas/exe_1/steps/a.0/retry', ['POST']],
    ['/v1/sagas', []],
    ['/v1/sagas/', []],
    ['/v1/sagas/exe_1/steps', []],
  ])('%s: %j', (path, methods) => {
    expect(paths.methodsOf(path)).toEqual(methods);
  });
});
