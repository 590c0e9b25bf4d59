import { readFileSync } from 'node:fs';
import { StepFailure } from '@intendant/participant';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { inventoryOf } from './bpmn-elements.js';
import { layoutOf } from './copybook.js';
import { readCsv } from './csv.js';
import { readFixedWidth } from './fixed-width.js';
import { readPdfText } from './pdf-text.js';

const data = (name: string): Buffer => readFileSync(new URL(`../../data/${name}`, import.meta.url));

/** A good file with some bytes replaced, dropped or doubled. */
const damaged = (bytes: Buffer) =>
  fc
    .array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255), fc.constantFrom('set', 'cut', 'double')), {
      minLength: 1,
      maxLength: 4,
    })
    .map((edits) =>
      edits.reduce((file, [at, byte, edit]) => {
        const [before, after] = [file.subarray(0, at), file.subarray(at + (edit === 'double' ? 0 : 1))];
        return Buffer.concat(edit === 'cut' ? [before, after] : [before, Buffer.of(byte), after]);
      }, bytes),
    );

/** Passes when the reader reads or fails with a code: nothing else may come out of it. */
async function readsOrNames(read: () => unknown): Promise<void> {
  try {
    await read();
  } catch (error) {
    if (!(error instanceof StepFailure)) throw error;
  }
}

const drain = async (records: AsyncIterable<unknown> | Iterable<unknown>): Promise<void> => {
  for await (const _ of records);
};

describe('damaged files', () => {
  const layout = layoutOf(data('policies.cpy').toString());
  it.each<[string, (bytes: Buffer) => unknown]>([
    ['employees.csv', async (bytes) => drain((await readCsv(bytes)).records)],
    ['policies.cpy', (bytes) => layoutOf(bytes.toString('latin1'))],
    ['policies.bin', (bytes) => drain(readFixedWidth(bytes, layout, { encoding: 'cp037' }).records)],
    ['permit.pdf', (bytes) => readPdfText(bytes)],
    ['workflow_beneficiary_change.bpmn', (bytes) => inventoryOf(bytes.toString('utf8'))],
  ])('%s is read, or refused with a code', async (name, read) => {
    await fc.assert(
      fc.asyncProperty(damaged(data(name)), (bytes) => readsOrNames(() => read(bytes))),
      { numRuns: 60 },
    );
  });

  it('any text is a copybook or refused with a code', async () => {
    const words = fc.constantFrom(
      '01',
      '05',
      '88',
      'A',
      'B-C',
      'PIC',
      'X(3)',
      'S9(4)V99',
      'COMP-3',
      'OCCURS',
      '3',
      'TIMES',
      'VALUE',
      "'X'",
      '.',
      'FILLER',
      '\n',
      '*',
    );
    const text = fc
      .array(fc.oneof(words, fc.string({ maxLength: 6 })), { maxLength: 30 })
      .map((parts) => parts.join(' '));
    await fc.assert(
      fc.asyncProperty(text, (source) => readsOrNames(() => layoutOf(source))),
      { numRuns: 500 },
    );
  });
});

describe('any table', () => {
  // NUL is no text: what has it is UTF-16 that does not say so
  const cell = fc.string({ unit: 'binary', maxLength: 8 }).filter((text) => !/\p{Cs}|\0/u.test(text));
  const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;

  it('is read back from quoted CSV with any delimiter and line end', async () => {
    const table = fc
      .integer({ min: 1, max: 4 })
      .chain((width) =>
        fc.array(fc.array(cell, { minLength: width, maxLength: width }), { minLength: 1, maxLength: 6 }),
      );
    await fc.assert(
      fc.asyncProperty(
        table,
        fc.constantFrom(',', ';', '\t', '|'),
        fc.constantFrom('\n', '\r\n'),
        async (rows, delimiter, end) => {
          const text = rows.map((row) => row.map(quoted).join(delimiter)).join(end);
          const { records } = await readCsv(Buffer.from(text), { header: false });
          const read: unknown[] = [];
          for await (const { values } of records) read.push(Object.values(values));
          expect(read).toEqual(rows);
        },
      ),
    );
  });
});
