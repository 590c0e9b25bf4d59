import { describe, expect, it } from '@jest/globals';
import { fillIn, find, type InputScope, inheritedName, pointersIn } from './plan-input.js';

const scope: InputScope = {
  payload: { name: 'ada', nothing: null, deep: { list: [10, 20] }, 'a/b': 1, 'm~n': 2 },
  steps: { first: { artifacts: [{ artifactId: 'art_1' }] } },
  item: { id: 7 },
  index: 3,
  executionId: 'exe_1',
};
const from = (pointer: string) => ({ $from: pointer });

describe('a template', () => {
  it('is filled with what its pointers find, at any depth, and keeps the rest', () => {
    const template = {
      who: from('/payload/name'),
      what: [from('/steps/first/artifacts/0/artifactId'), 'plain', { n: from('/index') }],
      null: null,
      id: from('/item/id'),
      execution: from('/executionId'),
    };
    expect(fillIn(template, scope)).toEqual({
      who: 'ada',
      what: ['art_1', 'plain', { n: 3 }],
      null: null,
      id: 7,
      execution: 'exe_1',
    });
  });

  it('leaves out of an object what is not found, and has null for it in a list', () => {
    expect(fillIn({ a: from('/payload/gone'), b: [from('/payload/gone')] }, scope)).toEqual({ b: [null] });
    expect(fillIn(from('/payload/gone'), scope)).toBeUndefined();
  });

  it('tells null that is there from nothing', () => {
    expect(fillIn({ a: from('/payload/nothing') }, scope)).toEqual({ a: null });
  });

  it('takes an object with more members than $from, or another kind of it, as it is', () => {
    expect(fillIn({ $from: '/payload/name', more: 1 }, scope)).toEqual({ $from: '/payload/name', more: 1 });
    expect(fillIn({ $from: 5 }, scope)).toEqual({ $from: 5 });
  });

  it('follows the escapes of JSON Pointer', () => {
    expect(fillIn([from('/payload/a~1b'), from('/payload/m~0n')], scope)).toEqual([1, 2]);
  });

  it('changes neither template nor scope', () => {
    const template = Object.freeze({ list: from('/payload/deep/list') });
    const before = structuredClone(scope);
    fillIn(template, scope);
    expect([template, scope]).toEqual([{ list: from('/payload/deep/list') }, before]);
  });

  it('names every pointer in it', () => {
    expect(pointersIn({ a: from('/x'), b: [{ c: from('/y') }, 1, null] })).toEqual(['/x', '/y']);
    expect(pointersIn(undefined)).toEqual([]);
  });
});

describe('a pointer into JavaScript instead of JSON', () => {
  it.each(['/payload/__proto__', '/payload/constructor/name', '/steps/toString', '/item/hasOwnProperty'])(
    'finds nothing: %s',
    (pointer) => {
      expect(find(pointer, scope)).toBeUndefined();
      expect(inheritedName(pointer)).not.toBeNull();
    },
  );

  it('finds nothing through an escape either', () => {
    expect(find('/payload/deep/list/length', scope)).toBeUndefined();
    expect(find('/payload/name/0', scope)).toBeUndefined();
    expect(find('/payload/name/length', scope)).toBeUndefined();
  });

  it('makes no member of a filled template one of every object', () => {
    const filled = fillIn(JSON.parse('{"__proto__": {"polluted": true}, "a": 1}'), scope);
    expect(Object.keys(filled as object)).toEqual(['__proto__', 'a']);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });
});
