import type { FailureError } from '@intendant/intent-model';
import { expect, it } from '@jest/globals';
import { waitOf } from './intent-route.js';

it.each<[string | string[] | undefined, number]>([
  [undefined, 0],
  ['', 0],
  ['respond-async', 0],
  ['wait=5', 5_000],
  ['respond-async, WAIT = "60" ; x=1', 60_000],
  [['respond-async', 'wait=5'], 5_000],
  ['wait=5, wait=70', 5_000],
  ['waiting=70', 0],
  ['foo; wait=70', 0],
  ['foo="a, wait=70"', 0],
  [String.raw`foo="a\",wait=70"`, 0],
  [String.raw`foo="a\\", wait=5`, 5_000],
  ['foo="never closed, wait=70', 0],
])('%j waits %i ms', (header, waitMs) => {
  expect(waitOf(header)).toBe(waitMs);
});

it.each(['61', '999999', '1000000', '9'.repeat(30), '60.5', '-1', '1e1', 'soon', '', '"61"'])(
  'a wait that nobody can have is refused, not taken for none: %j',
  (value) => {
    let thrown: unknown;
    try {
      waitOf(`wait=${value}`);
    } catch (error) {
      thrown = error;
    }
    expect((thrown as FailureError).failure).toMatchObject({ code: 'invalid_request', field: 'header prefer' });
  },
);
