import { describe, expect, it } from '@jest/globals';
import { anomaliesOf } from './anomalies.js';
import { inferType } from './column-type.js';
import { patternsOf } from './patterns.js';
import { assessTable } from './quality.js';
import { numbersOf, numericStatistics } from './statistics.js';
import { type ColumnData, columnsOf } from './table.js';

const records = (name: string, values: readonly (string | null)[]) =>
  values.map((value, index) => ({ row: index + 1, line: index + 2, values: { [name]: value } }));
const column = (values: readonly (string | null)[]) =>
  columnsOf(records('c', values), [{ name: 'c', type: 'string' }])[0] as ColumnData;
const repeat = (value: string, times: number): string[] => Array.from({ length: times }, () => value);

const countsOf = (values: readonly string[]): Map<string, number> =>
  new Map(values.map((value) => [value, values.filter((other) => other === value).length]));

describe('column types', () => {
  it.each([
    [['1', '22', '-3'], 'integer', 'point'],
    [['1', '2.5', '1e3'], 'decimal', 'point'],
    [['1,200', '3.5', '7'], 'decimal', 'point'],
    [['3,14', '1.200,5', '7'], 'decimal', 'comma'],
    [['00123', '01234', '99999'], 'text', null],
    [['2024-01-15', '2024-02-29T10:00:00Z'], 'date', 'yyyy-mm-dd'],
    [['13/01/2024', '02/03/2024'], 'date', 'dd/mm/yyyy'],
    [['01/02/2024', '02/03/2024'], 'date', null],
    [['31.12.2023', '1.1.2024'], 'date', 'dd.mm.yyyy'],
    [['yes', 'No'], 'boolean', null],
    [['a@b.example', 'c@d.example'], 'email', null],
    [['x', '1', '2'], 'text', null],
  ] as const)('%j is %s written %s', (values, type, format) => {
    expect(inferType(countsOf(values))).toMatchObject({ type, format });
  });

  it('keeps a type that a fifth of the values break, and says which break it', () => {
    const { accepts, type } = inferType(
      countsOf(['2024-01-01', '2024-01-02', '2024-01-03', '2024-01-04', '2019-13-45']),
    );
    expect([type, accepts('2019-13-45'), accepts('2024-01-01')]).toEqual(['date', false, true]);
  });

  it('takes no time of day that there is not', () => {
    const { accepts } = inferType(countsOf(['2024-01-01T23:59:60Z', '2024-01-02 00:00+14:00', '2024-01-03']));
    const wrong = [
      '2024-01-01T99:99',
      '2024-01-01T24:00',
      '2024-01-01T10:60',
      '2024-01-01T10:00:61',
      '2024-01-01T10:00+99:00',
    ];
    expect([accepts('2024-01-01T23:59'), ...wrong.map(accepts)]).toEqual([true, ...wrong.map(() => false)]);
  });

  it.each([
    [['1,234', '5,678', '9,012'], true],
    [['1.234', '5'], true],
    [['1,234', '5', '1234.5'], undefined],
    [['1,234', '0,5', '7'], undefined],
    [['1234', '5'], undefined],
  ])('of %j the number format is guessed: %s', (values, guessed) => {
    expect(inferType(countsOf(values)).formatIsGuessed).toBe(guessed);
  });

  it('takes a declared number as a number', () => {
    expect(inferType(new Map(), 'decimal').type).toBe('decimal');
  });
});

describe('quality', () => {
  it('measures completeness, validity, uniqueness and consistency', () => {
    const rows = [
      ['1', 'a@x.example'],
      ['2', ''],
      ['3', 'n/a'],
      ['4', 'b@x.example'],
      ['4', 'b@x.example'],
      ['5', 'c@x.example'],
      ['6', 'd@x.example'],
      ['x', 'e@x.example'],
    ].map(([id = '', mail = ''], index) => ({ row: index + 1, line: index + 2, values: { id, mail } }));
    const assessment = assessTable(
      rows,
      [
        { name: 'id', type: 'string' },
        { name: 'mail', type: 'string' },
      ],
      2,
    );
    expect(assessment.overall).toEqual({
      completeness: 0.875,
      validity: 0.928571,
      uniqueness: 0.875,
      consistency: 0.75,
      score: 0.857143,
    });
    expect(assessment.columns[0]).toMatchObject({
      type: 'integer',
      invalid: 1,
      invalidExamples: [{ row: 8, line: 9, value: 'x' }],
    });
    expect(assessment.columns[1]).toMatchObject({ type: 'email', missing: 2, distinct: 5, repeated: 1 });
    expect(assessment.duplicates).toEqual({ count: 1, groups: [{ rows: [4, 5], size: 2 }] });
  });

  it('takes rows for equal only with their surplus fields', () => {
    const rows = [['x'], ['x'], ['y'], []].map((extra, index) => ({ row: index + 1, values: { id: '1' }, extra }));
    const { duplicates } = assessTable([...rows, { row: 5, values: { id: '1' } }], [{ name: 'id', type: 'string' }], 3);
    expect(duplicates.groups).toEqual([
      { rows: [1, 2], size: 2 },
      { rows: [4, 5], size: 2 },
    ]);
  });

  it('measures nothing where there is nothing', () => {
    expect(assessTable([], [{ name: 'a', type: 'string' }], 0).overall).toEqual({
      completeness: null,
      validity: null,
      uniqueness: null,
      consistency: null,
      score: null,
    });
  });
});

describe('analysis', () => {
  it('calculates what a textbook does', () => {
    expect(numericStatistics([2, 4, 4, 4, 5, 5, 7, 9])).toEqual({
      min: 2,
      max: 9,
      sum: 40,
      mean: 5,
      median: 4.5,
      q1: 4,
      q3: 5.5,
      standardDeviation: 2.13809,
    });
    expect(numericStatistics([3])?.standardDeviation).toBeNull();
    expect(numericStatistics([])).toBeNull();
  });

  it('keeps the digits of numbers of any size', () => {
    expect(numericStatistics([1e-9, 2e-9, 3e-9, 4e-9])).toEqual({
      min: 1e-9,
      max: 4e-9,
      sum: 1e-8,
      mean: 2.5e-9,
      median: 2.5e-9,
      q1: 1.75e-9,
      q3: 3.25e-9,
      standardDeviation: 1.29099e-9,
    });
    expect(numericStatistics([1.000000001, 1.000000003])).toMatchObject({ mean: 1.000000002 });
    expect(numericStatistics([1e-200, 3e-200])).toMatchObject({ mean: 2e-200 });
    expect(numericStatistics([0.1, 0.1, 0.1])).toMatchObject({ sum: 0.3, mean: 0.1, standardDeviation: 0 });
    expect(numericStatistics([-0.5, 0.2, 0.3])).toMatchObject({ sum: 0, mean: 0 });
    expect(Object.is(numericStatistics([-0, -0])?.sum, 0)).toBe(true);
  });

  it('tells no statistic of numbers that are not exact', () => {
    const all = { min: null, max: null, sum: null, mean: null, median: null, q1: null, q3: null };
    expect(numericStatistics([2 ** 53, 1e308, Infinity])).toEqual({ ...all, standardDeviation: null });
    expect(numericStatistics([1, 2, 3, 2 ** 53])).toMatchObject({
      min: 1,
      max: null,
      mean: null,
      median: 2.5,
      q3: null,
    });
    expect(numericStatistics([2 ** 53 - 1, 1])).toMatchObject({ max: 2 ** 53 - 1, sum: null, mean: 2 ** 52 });
  });

  it('tells no statistic of numbers too small to be kept, and the deviation of small ones', () => {
    const small = column(['1e-400', '2e-400', '-3e-310', '5']);
    expect(small.inferred.type).toBe('decimal');
    expect(Object.values(numericStatistics(numbersOf(small)) ?? {})).toEqual(Array.from({ length: 8 }, () => null));
    expect(numericStatistics(numbersOf(column(['0e-400', '0.000'])))).toMatchObject({ min: 0, max: 0 });
    expect((numericStatistics([1e-300, 3e-300])?.standardDeviation ?? 0) / 1e-300).toBeCloseTo(Math.SQRT2);
  });

  it('tells no statistic of numbers that have more digits than are kept, and none as a number that is not there', () => {
    const all = {
      min: null,
      max: null,
      sum: null,
      mean: null,
      median: null,
      q1: null,
      q3: null,
      standardDeviation: null,
    };
    const told = (values: string[]) => {
      const data = column(values);
      return numericStatistics(numbersOf(data), data.inexact);
    };
    expect(told(['100000000000000.01', '100000000000000.02'])).toEqual(all);
    expect(told(['0.123456789012345678', '0.123456789012345679'])).toEqual(all);
    expect(told(['0,123456789012345678', '0,5', '0,75'])).toMatchObject({ ...all, max: 0.75, median: 0.5, q3: 0.625 });
    expect(told(['0.30000000000000004', '0.10000000000000000', '-1.50e+00'])).toMatchObject({
      min: -1.5,
      max: 0.30000000000000004,
      sum: -1.1,
    });
    expect(told(['99999999999999.02', '99999999999999.05'])).toMatchObject({
      min: 99999999999999.02,
      standardDeviation: null,
    });
    const data = column([...Array.from({ length: 20 }, (_, index) => `1.${index}`), '90.123456789012345678']);
    expect(anomaliesOf(data, { zScoreThreshold: 3, iqrFactor: 1.5 })).toMatchObject([{ row: 21, zScore: null }]);
    expect(patternsOf([column(['0.123456789012345678', '0.123456789012345679'])])).toContainEqual({
      kind: 'unique_values',
      column: 'c',
    });
  });

  it('tells no distance from the mean where numbers are not exact', () => {
    const options = { zScoreThreshold: 3, iqrFactor: 1.5 };
    const ids = Array.from({ length: 20 }, (_, index) => `100000000000000${String(index).padStart(2, '0')}`);
    expect(anomaliesOf(column([...ids, '90000000000000000']), options)).toMatchObject([
      { row: 21, methods: ['iqr'], zScore: null },
    ]);
    const numbers = Array.from({ length: 20 }, (_, index) => String(100 + index));
    expect(anomaliesOf(column([...numbers, '1e308']), options)).toMatchObject([
      { row: 21, methods: ['iqr'], zScore: null },
    ]);
    const tiny = Array.from({ length: 20 }, (_, index) => `1.${String(index).padStart(2, '0')}e-300`);
    expect(anomaliesOf(column([...tiny, '9e-300']), options)).toMatchObject([
      { row: 21, methods: ['z_score', 'iqr'], zScore: expect.closeTo(4.4, 0) },
    ]);
  });

  it('sees no correlation of what does not vary', () => {
    const rows = Array.from({ length: 12 }, (_, index) => ({ row: index + 1, values: { a: '0.1', b: '0.7' } }));
    const columns = columnsOf(
      rows,
      ['a', 'b'].map((name) => ({ name, type: 'string' as const })),
    );
    expect(patternsOf(columns).map(({ kind }) => kind)).toEqual(['constant', 'constant']);
  });

  it('points at the rows that stand out, by each method', () => {
    const numbers = Array.from({ length: 40 }, (_, index) => String(100 + (index % 10)));
    const found = anomaliesOf(column([...numbers, '5000', '60', 'many']), { zScoreThreshold: 3, iqrFactor: 1.5 });
    expect(found.map(({ row, line, value, methods }) => [row, line, value, methods])).toEqual([
      [41, 42, '5000', ['z_score', 'iqr']],
      [42, 43, '60', ['iqr']],
      [43, 44, 'many', ['type']],
    ]);
  });

  it('sees nothing odd in a constant column, in few numbers and in a column without spread but for one value', () => {
    const options = { zScoreThreshold: 3, iqrFactor: 1.5 };
    expect(anomaliesOf(column(repeat('7', 50)), options)).toEqual([]);
    expect(anomaliesOf(column(['1', '2', '9999']), options)).toEqual([]);
    expect(anomaliesOf(column([...repeat('38.5', 18), '24', '24']), options)).toEqual([]);
  });

  it('sees one number in several spellings as no key', () => {
    const kinds = (values: string[]): string[] => patternsOf([column(values)]).map(({ kind }) => kind);
    expect(kinds(['-0', '0', '-0.0', '+0'])).not.toContain('unique_values');
    expect(kinds(['1', '1.0', '2'])).not.toContain('unique_values');
    expect(kinds(['9007199254740993', '9007199254740992'])).toContain('unique_values');
    expect(kinds(['2024-01-01', '2024-01-01T10:00'])).toContain('unique_values');
  });

  it('finds keys, constants, shapes and correlations', () => {
    const rows = Array.from({ length: 20 }, (_, index) => ({
      row: index + 1,
      values: { id: `E${1000 + index}`, unit: 'EUR', x: String(index), y: String(3 * index + 1) },
    }));
    const columns = columnsOf(
      rows,
      ['id', 'unit', 'x', 'y'].map((name) => ({ name, type: 'string' as const })),
    );
    expect(patternsOf(columns)).toEqual([
      { kind: 'unique_values', column: 'id' },
      { kind: 'shape', column: 'id', shape: 'A9999', share: 1, exceptions: [] },
      { kind: 'constant', column: 'unit', value: 'EUR' },
      { kind: 'unique_values', column: 'x' },
      { kind: 'unique_values', column: 'y' },
      { kind: 'correlation', columns: ['x', 'y'], coefficient: 1, rows: 20 },
    ]);
  });
});
