import { digestOf } from '@intendant/kernel';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { InsuranceBench } from '../../testing/insurance-bench.js';
import { type EffectCall, Effects } from './effects.js';

const RESULT = { artifacts: [], events: [], stateChanges: [] };
const call = (name: string, undoes?: string): EffectCall => ({
  idempotencyKey: digestOf(name),
  undoes: undoes === undefined ? null : { idempotencyKey: digestOf(undoes), result: null },
  executionId: `exe_${'0'.repeat(32)}`,
  stepId: name,
});

let bench: InsuranceBench;
let effectsMade: string[];

beforeEach(() => {
  bench = new InsuranceBench([]);
  effectsMade = [];
});
afterEach(() => bench.close());

const apply = (name: string) =>
  new Effects(bench.systems, 'test', call(name)).apply('wave_1', () => {
    effectsMade.push(name);
    return { ...RESULT, events: [{ eventType: 'test.made', data: { count: effectsMade.length } }] };
  });
const undo = (name: string, forward: string, reverse: () => void = () => void effectsMade.push(name)) =>
  new Effects(bench.systems, 'test', call(name, forward)).undo(reverse);
const reversed = (result: ReturnType<typeof undo>) => result.events[0]?.data['reversed'];

describe('an effect', () => {
  it('is made once; asked again, also after a restart, the first result is the answer', () => {
    const first = apply('a');
    expect(apply('a')).toEqual(first);
    bench.restart();
    expect(apply('a')).toEqual(first);
    expect(effectsMade).toEqual(['a']);
    expect(bench.inspect().effects).toMatchObject([{ stepId: 'a', state: 'applied', calls: 3 }]);
  });

  it('that throws leaves nothing behind, and may be tried again', () => {
    const fails = () => {
      bench.systems.run('INSERT INTO target.legal_holds VALUES (?, ?)', 'A1', 'half done');
      throw new Error('amid it');
    };
    expect(() => new Effects(bench.systems, 'test', call('a')).apply(null, fails)).toThrow('amid it');
    expect(bench.systems.all('SELECT * FROM target.legal_holds')).toEqual([]);
    apply('a');
    expect(effectsMade).toEqual(['a']);
  });
});

describe('an undo', () => {
  it('takes back once, and its step never has an effect again', () => {
    apply('a');
    expect(reversed(undo('undo a', 'a'))).toBe(true);
    bench.restart();
    expect(reversed(undo('undo a', 'a'))).toBe(true);
    expect(() => apply('a')).toThrow('has been undone');
    expect(effectsMade).toEqual(['a', 'undo a']);
  });

  it('of what never ran is harmless, and a step that comes later is refused for ever', () => {
    expect(reversed(undo('undo a', 'a'))).toBe(false);
    bench.restart();
    expect(() => apply('a')).toThrow('has been undone');
    expect(() => new Effects(bench.systems, 'test', call('a')).known()).toThrow('has been undone');
    expect(effectsMade).toEqual([]);
  });

  it('under another key finds the work done', () => {
    apply('a');
    undo('undo a', 'a');
    expect(reversed(undo('undo a again', 'a'))).toBe(false);
    expect(effectsMade).toEqual(['a', 'undo a']);
  });

  it('that fails changes nothing: the effect stands, and the undo may be tried again', () => {
    apply('a');
    const fails = () => {
      throw new Error('not yet');
    };
    expect(() => undo('undo a', 'a', fails)).toThrow('not yet');
    expect(apply('a').events).toHaveLength(1);
    expect(reversed(undo('undo a', 'a'))).toBe(true);
  });

  it('is no intent of its own', () => {
    expect(() => new Effects(bench.systems, 'test', call('undo a')).undo(() => undefined)).toThrow('undoes a step');
  });
});
