// Makes the generated example inputs next to this file: `node examples/data/make-data.mjs`.
// The bytes are the same on every run: names and amounts come from a seeded generator, nothing from clock or machine.
import { writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { pdfOf } from './pdf-writer.mjs';

const EMPLOYEES = 200;
const POLICIES = 25;

/** Seeded generator of whole numbers below a bound (xorshift32). */
function seeded(seed) {
  let state = seed;
  return (bound) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % bound;
  };
}

const FIRST =
  'Ada Bruno Chen Dalia Emeka Freya Goran Hana Ivo Jana Kofi Lena Milan Noor Oskar Priya Quentin Rosa Samir Tove'.split(
    ' ',
  );
const LAST =
  "Abel Brandt Castillo Dubois Eriksen Fischer Gruber Haddad Ivanova Jensen Kowalski Lindgren Moreau Novak O'Neill Petrov".split(
    ' ',
  );
const DEPARTMENTS = [
  ['Claims', 54_000],
  ['Underwriting', 68_000],
  ['Actuarial', 84_000],
  ['Technology', 79_000],
  ['Finance', 66_000],
];
const pad = (number, digits) => String(number).padStart(digits, '0');
const dateIn = (next, firstYear, years) => `${firstYear + next(years)}-${pad(1 + next(12), 2)}-${pad(1 + next(28), 2)}`;
const csvField = (value) => (/[",\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value);

/** Employees with a few gaps and errors of the kind that real lists have; each is listed in README.md. */
function employeesCsv() {
  const next = seeded(20_240_115);
  const header = 'employee_id,first_name,last_name,email,department,hire_date,salary,weekly_hours,performance,remarks';
  const rows = Array.from({ length: EMPLOYEES }, (_, index) => {
    const [first, last] = [FIRST[next(FIRST.length)], LAST[next(LAST.length)]];
    const [department, base] = DEPARTMENTS[next(DEPARTMENTS.length)];
    const email = `${first}.${last.replace("'", '')}${index + 1}@atlantic-life.example`.toLowerCase();
    const hours = next(10) === 0 ? '24' : '38.5';
    const salary = String(base + next(240) * 100);
    return [
      `E${pad(index + 1, 4)}`,
      first,
      last,
      email,
      department,
      dateIn(next, 2005, 19),
      salary,
      hours,
      String(1 + next(5)),
      '',
    ];
  });
  const set = (employee, column, value) => {
    rows[employee - 1][header.split(',').indexOf(column)] = value;
  };
  for (const employee of [17, 61, 102, 149, 188]) set(employee, 'email', '');
  for (const employee of [33, 120]) set(employee, 'performance', '');
  set(42, 'salary', '830000');
  set(77, 'salary', '5900');
  set(90, 'weekly_hours', '385');
  set(111, 'hire_date', '2019-13-45');
  set(135, 'salary', 'n/a');
  set(5, 'remarks', 'On leave until spring,\nreplaced by the "float" team');
  set(64, 'remarks', 'Part-time, see contract 12/7');
  rows.push([...rows[57]]);
  return [header, ...rows.map((row) => row.map(csvField).join(','))].join('\n').concat('\n');
}

/** Life policies as the copybook policies.cpy lays them out. */
function policyRecords() {
  const next = seeded(350_000);
  const digits = (value, count) => pad(value, count);
  return Array.from({ length: POLICIES }, (_, index) => {
    const name = () => `${FIRST[next(FIRST.length)]} ${LAST[next(LAST.length)]}`.toUpperCase();
    const effective = dateIn(next, 2000, 20);
    return [
      `POL-2024-${pad(index + 1, 3)}`.padEnd(12),
      name().padEnd(50),
      dateIn(next, 1940, 55),
      ['VARIABLE LIFE', 'WHOLE LIFE', 'TERM LIFE'][next(3)].padEnd(20),
      digits(50_000 + next(40) * 25_000, 10),
      digits(2_500 + next(90_000), 10),
      digits(next(12_000_000), 12),
      name().padEnd(50),
      ['ACTIVE', 'ACTIVE', 'ACTIVE', 'LAPSED', 'PAID-UP'][next(5)].padEnd(10),
      effective,
      `${Number(effective.slice(0, 4)) + 30}${effective.slice(4)}`,
    ].join('');
  });
}

const PERMIT_HEAD = ['Permit Number: PER-2024-001234', 'Permit Holder: Energy Corp Inc.'];
const PERMIT_PLACE = ['Location: Section 12, Township 5N, Range 3W,', 'Harris County, Texas'];
const PERMIT_DATES = ['Issue Date: January 15, 2024', 'Expiration Date: January 15, 2025'];
const PERMIT_REQUIREMENTS = [
  'REQUIREMENTS',
  '1. Start drilling within 90 days of the issue date.',
  '2. Complete an environmental assessment before drilling.',
  '3. Water use must not exceed 500,000 gallons per day.',
  '4. Give 72 hours notice before hydraulic fracturing.',
  '5. Submit monthly production reports, first report due 2024-02-15.',
  '6. Follow the abandonment procedures when the well is closed.',
  '7. Keep a spill response plan on file.',
];
const PERMIT_AUTHORITY = ['Permit Type: Oil and Gas Drilling', 'Issuing Authority: Railroad Commission of Texas'];
const PERMIT_LEGAL = ['LEGAL BASIS', '16 TAC \u00a7 3.5', 'Texas Natural Resources Code \u00a7 91.101'];

/** Every generated file by name. */
export function generatedFiles() {
  const policies = policyRecords();
  return {
    'employees.csv': Buffer.from(employeesCsv(), 'utf8'),
    'policies.bin': Buffer.from(policies.join(''), 'latin1'),
    // Eight bytes a record that the copybook does not know: reading on would shift every field.
    'policies_212.bin': Buffer.from(
      policies
        .slice(0, 10)
        .map((record) => `${record}${' '.repeat(8)}`)
        .join(''),
      'latin1',
    ),
    'permit.pdf': pdfOf([
      ['OPERATING PERMIT', ...PERMIT_HEAD, ...PERMIT_PLACE, ...PERMIT_DATES, ...PERMIT_REQUIREMENTS],
    ]),
    'permit_full.pdf': pdfOf([
      ['OPERATING PERMIT', ...PERMIT_HEAD, ...PERMIT_AUTHORITY, ...PERMIT_PLACE, ...PERMIT_DATES],
      [...PERMIT_REQUIREMENTS, ...PERMIT_LEGAL],
    ]),
  };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  for (const [name, bytes] of Object.entries(generatedFiles())) {
    writeFileSync(new URL(name, import.meta.url), bytes);
    console.log(`${name}: ${bytes.length} bytes`);
  }
}
