import { digestOf } from '@intendant/kernel';
import { afterEach, describe, expect, it } from '@jest/globals';
import Database from 'libsql';
import { KeyFilter } from './key-filter.js';

const key = (n: number): string => digestOf(['key', n]);

let open: KeyFilter | undefined;
afterEach(() => open?.stop());

function tableOf(count: number): Database.Database {
  const db = new Database(':memory:');
  db.exec('CREATE TABLE key_holder (key_digest BLOB PRIMARY KEY) WITHOUT ROWID');
  const rows = JSON.stringify(Array.from({ length: count }, (_, n) => key(n).slice(0, 32)));
  db.prepare('INSERT INTO key_holder SELECT unhex(value) FROM json_each(?)').run(rows);
  return db;
}

const turns = async (count: number): Promise<void> => {
  for (let turn = 0; turn < count; turn += 1) await new Promise<void>((resolve) => setImmediate(resolve));
};

describe('keys that were bound', () => {
  it('are never denied, whether the table had them or they came later, and others nearly always', async () => {
    open = new KeyFilter(tableOf(12_000), 12_000);
    expect(open.mayHold(key(-1))).toBe(true);
    for (let n = 12_000; n < 20_000; n += 1) open.add(key(n));
    await turns(5);
    for (let n = 0; n < 20_000; n += 1) expect(open.mayHold(key(n))).toBe(true);
    const wrong = Array.from({ length: 5_000 }, (_, n) => key(100_000 + n)).filter((one) => open?.mayHold(one));
    expect(wrong.length).toBeLessThan(10);
  });

  it('are remembered beyond what was made room for', () => {
    open = new KeyFilter(tableOf(0), 0);
    for (let n = 0; n < 300_000; n += 1) open.add(n.toString(16).padStart(8, '0').repeat(2));
    for (let n = 0; n < 300_000; n += 1)
      if (!open.mayHold(n.toString(16).padStart(8, '0').repeat(2))) throw new Error(`${n}`);
  });
});

describe('a table that cannot be read', () => {
  it('is the one that is asked', async () => {
    const db = tableOf(20_000);
    open = new KeyFilter(db, 20_000);
    db.exec('DROP TABLE key_holder');
    await turns(5);
    expect(open.mayHold(key(-1))).toBe(true);
  });
});
