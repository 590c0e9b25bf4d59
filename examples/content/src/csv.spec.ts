import { describe, expect, it } from '@jest/globals';
import { type CsvOptions, readCsv } from './csv.js';
import type { CsvRecord } from './table-shape.js';

async function read(text: string | Uint8Array, options?: CsvOptions) {
  const reading = await readCsv(Buffer.from(text as Uint8Array), options);
  const records: CsvRecord[] = [];
  for await (const record of reading.records) records.push(record);
  return { ...reading, records };
}

describe('csv', () => {
  it('keeps quoted line breaks and says on which line a record starts', async () => {
    const { records } = await read('a,b\r\n1,"x\r\ny ""z"""\r\n\r\n3,4\r\n');
    expect(records).toEqual([
      { row: 1, line: 2, values: { a: '1', b: 'x\r\ny "z"' } },
      { row: 2, line: 5, values: { a: '3', b: '4' } },
    ]);
  });

  it.each([
    ['semicolons', 'a;b\n1;2,5\n3;4,5\n', ';'],
    ['tabs', 'a\tb, c\n1\t2\n', '\t'],
    ['bars', 'a|b\n1|2\n', '|'],
    ['a quoted comma among semicolons', '"a,x";b\n1;2\n', ';'],
    ['one column', 'a\n1\n2\n', ','],
  ])('finds the delimiter: %s', async (_, text, delimiter) => {
    expect((await read(text)).delimiter).toBe(delimiter);
  });

  it.each([
    ['decimal commas under a name with a comma', 'Preis, EUR;Menge\n1,50;2\n2,75;3\n10,25;4\n', ';'],
    ['decimal commas without a header', '1,5;2,5;3,5\n4,5;5,5;6,5\n', ';'],
    ['decimal commas, the last line without an end', '1,5;2,5\n4,5;5,5', ';'],
    ['decimal commas beside bars', '1.234,50 EUR|a\n-2,5 EUR|b\n', '|'],
    ['names of persons', 'Nachname, Vorname;Alter\nMuster, Max;30\nMeier, Eva;25\n', ';'],
    ['addresses between commas', 'id,address; city,amount\n1,Main St; Berlin,5\n2,High St; Bonn,7\n', ','],
    ['many commas, one semicolon', 'a,b,c;d,e\n1,2,3;4,5\n', ','],
    ['many semicolons, one comma', 'a;b;c,d;e\n1;2;3,x;4\n', ';'],
    ['tabs', '1,5\t2,5\n3,5\t4,5\n', '\t'],
    ['tabs behind commas', 'a,\tb\n1,\t2\n', ','],
  ])('finds the delimiter where two divide all lines alike: %s', async (_, text, delimiter) => {
    expect((await read(text)).delimiter).toBe(delimiter);
  });

  it.each([
    ['a,b;c\n1,2;3\n', [',', ';']],
    ['a|b,c\nx|y,z\n', [',', '|']],
    ['1, 5;7\n2, 6;9\n', [',', ';']],
  ])('refuses %j, which reads as well either way, until the delimiter is named', async (text, delimiters) => {
    await expect(read(text)).rejects.toMatchObject({
      code: 'csv_delimiter_ambiguous',
      options: { details: { delimiters } },
    });
    expect((await read(text, { delimiter: ';' })).delimiter).toBe(';');
    expect((await read(`sep=,\n${text}`)).delimiter).toBe(',');
  });

  it('drops the byte order mark of UTF-8 and of UTF-16', async () => {
    expect((await read('\ufeffid,n\n1,2\n')).columns).toEqual(['id', 'n']);
    const utf16 = await read(Buffer.from('\ufeffid,n\nä,2\n', 'utf16le'));
    expect([utf16.columns, utf16.encoding, utf16.records[0]?.values.id]).toEqual([['id', 'n'], 'utf-16le', 'ä']);
  });

  it('keeps ragged rows without shifting or dropping anything, and reports them', async () => {
    const { records, ragged } = await read('a,b,c\n1,2\n1,2,3,4\n5,6,7\n');
    expect(records.map(({ values, extra }) => [values, extra])).toEqual([
      [{ a: '1', b: '2', c: null }, undefined],
      [{ a: '1', b: '2', c: '3' }, ['4']],
      [{ a: '5', b: '6', c: '7' }, undefined],
    ]);
    expect(ragged).toEqual({
      count: 2,
      examples: [
        { row: 1, line: 2, expectedFields: 3, actualFields: 2 },
        { row: 2, line: 3, expectedFields: 3, actualFields: 4 },
      ],
    });
  });

  it('fails on the first ragged row when asked to, naming its line', async () => {
    await expect(read('a,b\n1,2\n3\n', { raggedRows: 'fail' })).rejects.toMatchObject({
      code: 'csv_ragged_row',
      options: { details: { line: 3, expectedFields: 2, actualFields: 1 } },
    });
  });

  it('takes a blank line of a table with one column for a record without a value', async () => {
    const { records, ragged, blankLines } = await read('\na\r\n1\r\n\r\n""\r\n3\r\n\r\n');
    expect(records).toEqual([
      { row: 1, line: 3, values: { a: '1' } },
      { row: 2, line: 4, values: { a: null } },
      { row: 3, line: 5, values: { a: '' } },
      { row: 4, line: 6, values: { a: '3' } },
      { row: 5, line: 7, values: { a: null } },
    ]);
    expect([ragged.count, blankLines]).toEqual([0, { count: 1, examples: [1] }]);
    const bare = await read('\n1\n\n3', { header: false, raggedRows: 'fail' });
    expect(bare.records.map(({ line, values }) => [line, values.column_1])).toEqual([
      [1, null],
      [2, '1'],
      [3, null],
      [4, '3'],
    ]);
  });

  it('counts blank lines of a wider table, which are no records, and fails on them when asked to', async () => {
    const { records, ragged, blankLines } = await read('\n\na,b\n1,2\n\n3,4\n\r\n');
    expect(records.map(({ row, line }) => [row, line])).toEqual([
      [1, 4],
      [2, 6],
    ]);
    expect([ragged.count, blankLines]).toEqual([0, { count: 4, examples: [1, 2, 5, 7] }]);
    const many = await read(`a,b\n${'\n'.repeat(100)}`);
    expect([many.blankLines.count, many.blankLines.examples.length]).toEqual([100, 20]);
    await expect(read('a,b\n1,2\n\n3,4\n', { raggedRows: 'fail' })).rejects.toMatchObject({
      code: 'csv_ragged_row',
      options: { details: { row: 2, line: 3, expectedFields: 2, actualFields: 0 } },
    });
  });

  it('takes the delimiter from a first line that names it, as Excel does', async () => {
    const { columns, delimiter, records } = await read('\ufeffsep=;\r\n\r\na,1;b\r\n1;2\r\n');
    expect([columns, delimiter]).toEqual([['a,1', 'b'], ';']);
    expect(records).toEqual([{ row: 1, line: 4, values: { 'a,1': '1', b: '2' } }]);
    expect((await read('sep=\t\na\tb\n1\t2\n', { raggedRows: 'fail' })).columns).toEqual(['a', 'b']);
    expect((await read('SEP=;\na|b\n', { delimiter: '|' })).columns).toEqual(['a', 'b']);
    expect((await read('sep=,x\n1,2\n')).columns).toEqual(['sep=', 'x']);
    await expect(read('sep=;\na;b\n1;"2\n')).rejects.toMatchObject({ options: { details: { line: 3 } } });
    await expect(read('sep=;')).rejects.toMatchObject({ code: 'csv_empty' });
  });

  it('names columns by their place without a header, and unnamed header cells too', async () => {
    expect((await read('1,2\n3,4\n', { header: false })).records).toHaveLength(2);
    expect((await read('a,,c\n1,2,3\n')).columns).toEqual(['a', 'column_2', 'c']);
  });

  it('takes column names that mean something to JavaScript as data', async () => {
    const { records } = await read('__proto__,constructor\n1,2\n');
    expect(JSON.stringify(records[0]?.values)).toBe('{"__proto__":"1","constructor":"2"}');
  });

  it.each([
    ['an open quote', 'a,b\n1,2\n3,4\n5,"x\n6,7\n', 'csv_malformed', 4],
    ['a quote within a field', 'a,b\r\n"1\r\n",2\r\n3,4"5\r\n6,7\r\n', 'csv_malformed', 4],
    ['two columns of one name', 'a,b,a\n1,2,3\n', 'csv_duplicate_column', 1],
  ])('refuses %s and names the line', async (_, text, code, line) => {
    await expect(read(text)).rejects.toMatchObject({ code, options: { details: { line } } });
  });

  it('refuses bytes that are not of the encoding instead of replacing them', async () => {
    const latin1 = Buffer.from('name\nJürgen\n', 'latin1');
    await expect(read(latin1)).rejects.toMatchObject({ code: 'invalid_encoding' });
    expect((await read(latin1, { encoding: 'latin1' })).records[0]?.values.name).toBe('Jürgen');
    await expect(read('a\nü\n', { encoding: 'ascii' })).rejects.toMatchObject({ code: 'invalid_encoding' });
  });

  it('refuses a file without records', async () => {
    await expect(read('\n\n')).rejects.toMatchObject({ code: 'csv_empty' });
  });
});
