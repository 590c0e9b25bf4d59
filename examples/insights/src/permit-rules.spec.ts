import { describe, expect, it } from '@jest/globals';
import { permitObject } from './permit-rules.js';

const permit = (text: string) =>
  permitObject(
    text
      .trim()
      .split('\n')
      .map((line, index) => ({ line: index + 1, text: line.trim() })),
  );
const valuesOf = (text: string) => {
  const { permitMetadata } = permit(text);
  return Object.fromEntries(
    Object.entries(permitMetadata).flatMap(([field, stated]) => (stated ? [[field, stated.value]] : [])),
  );
};

describe('permit rules', () => {
  it('reads labels in other words, with dashes, in columns and above their value', () => {
    expect(
      valuesOf(`
        PERMIT NO. TX-99/12  Date Issued: 3 March 2023
        Type of Permit - Air Quality
        Issuing Agency
        Department of Environmental Protection
        Permittee: Blue Mesa, LLC   Phone: 555-0100
        Valid Until = 12/31/2026
        Well Location: Lot 7
        County: Reeves County, Texas`),
    ).toEqual({
      permitNumber: 'TX-99/12',
      issueDate: '2023-03-03',
      permitType: 'Air Quality',
      issuingAuthority: 'Department of Environmental Protection',
      permitHolder: 'Blue Mesa, LLC',
      expirationDate: '2026-12-31',
      location: 'Lot 7, Reeves County, Texas',
    });
  });

  it('reads the sentences that permits are worded in, with less confidence', () => {
    const text = `
      Permit WQ-2023-77 is hereby granted.
      Issued to Salt Fork Water Co. by the State Water Board on June 1, 2023.
      This permit expires on June 1, 2028.`;
    expect(valuesOf(text)).toEqual({
      permitNumber: 'WQ-2023-77',
      permitHolder: 'Salt Fork Water Co.',
      issuingAuthority: 'State Water Board',
      issueDate: '2023-06-01',
      expirationDate: '2028-06-01',
    });
    expect(permit(text).permitMetadata.issuingAuthority).toMatchObject({
      rule: 'sentence',
      confidence: 0.65,
      sourceLine: 2,
    });
  });

  it('invents nothing: titles, unknown labels and placeholders state no field', () => {
    const { permitMetadata, missing, findings, confidence } = permit(`
      DRILLING PERMIT
      Facility Type: Compressor
      Original Issue Date: 2019-01-01
      Emergency contact location: Gate 3
      Permit Number: TBD
      Issuing Authority: ____________`);
    expect(Object.values(permitMetadata).every((value) => value === null)).toBe(true);
    expect(missing).toEqual(['permitNumber', 'permitType', 'issueDate', 'issuingAuthority', 'obligations']);
    expect(findings.map(({ code, field, sourceLine }) => [code, field, sourceLine])).toEqual([
      ['placeholder_value', 'permitNumber', 5],
      ['placeholder_value', 'issuingAuthority', 6],
    ]);
    expect(confidence).toBe(0);
  });

  it('does not choose between two days or two values without saying so', () => {
    const { permitMetadata, findings } = permit(`
      Issue Date: 03/04/2024
      Expiration Date: February 30, 2025
      Permit Number: A-1
      Permit Number: A-2`);
    expect(permitMetadata.issueDate).toMatchObject({ value: '03/04/2024', confidence: 0.4 });
    expect(permitMetadata.expirationDate).toMatchObject({ value: 'February 30, 2025', confidence: 0.4 });
    expect(permitMetadata.permitNumber).toMatchObject({ value: 'A-1', confidence: 0.5 });
    expect(findings.map(({ code }) => code)).toEqual(['conflicting_values', 'date_not_readable', 'date_not_readable']);
  });

  it('reports a permit that expires before it is issued', () => {
    const { findings } = permit('Issue Date: 2024-05-01\nExpiration Date: 2024-04-30');
    expect(findings).toMatchObject([{ code: 'expiration_before_issue', field: 'expirationDate', sourceLine: 2 }]);
  });

  it('takes the items of a requirement list with wrapped lines, and stops at the next heading', () => {
    const { obligations } = permit(`
      Special Conditions:
      (a) The permittee shall keep emissions below the
          limits of Table 2 at all times.
      (b) Inspect the liner every 6 months.
      • Maximum daily discharge is limited to 20 barrels.
      Page 1 of 2
      CONTACTS
      1. Duty officer, office hours only`);
    expect(
      obligations.map(({ description, type, frequency, sourceLines }) => [description, type, frequency, sourceLines]),
    ).toEqual([
      ['The permittee shall keep emissions below the limits of Table 2 at all times.', 'condition', null, [2, 3]],
      ['Inspect the liner every 6 months.', 'inspection', 'every 6 months', [4]],
      ['Maximum daily discharge is limited to 20 barrels.', 'restriction', null, [5]],
    ]);
  });

  it('takes sentences that say shall or must outside of lists, with less confidence', () => {
    const { obligations } = permit(`
      Background of the project.
      The operator must file a closure report no later than March 1, 2025.
      Contact: must not be read as an obligation`);
    expect(obligations).toMatchObject([
      {
        description: expect.stringContaining('closure report'),
        type: 'reporting',
        dueDate: '2025-03-01',
        sourceLine: 2,
        confidence: 0.7,
      },
    ]);
  });

  it('quotes laws as written and ties them to the obligation that cites them', () => {
    const { legalCitations } = permit(`
      Location: Section 12, Township 5N, Range 3W
      CONDITIONS
      1. Comply with 40 CFR Part 60.18 and Statewide Rule 36.
      2. Report spills as Section 26.039 of the Texas Water Code requires.`);
    expect(legalCitations.map(({ citation, authority, obligationId }) => [citation, authority, obligationId])).toEqual([
      ['40 CFR Part 60.18', 'CFR', 'obl_1'],
      ['Statewide Rule 36', null, 'obl_1'],
      ['Section 26.039 of the Texas Water Code', 'Texas Water Code', 'obl_2'],
    ]);
  });

  it('tells sub-headings, loose notes and new items apart', () => {
    const descriptions = (text: string) => permit(text).obligations.map(({ description }) => description);
    expect(
      descriptions(`
        PERMIT CONDITIONS
        A. General
        1. The operator shall notify the Division at least
        24 hours before drilling.
        B. Reporting
        2. Submit Form C-115 monthly.
        Notes
        The permit may be revoked.
        Authorized signature: ______`),
    ).toEqual([
      'The operator shall notify the Division at least 24 hours before drilling.',
      'Submit Form C-115 monthly.',
    ]);
    expect(
      descriptions(`
        Requirements:
        Water usage is limited to 500,000 gallons per day
        72-hour advance notice required before fracturing
        Reports go to the
        State Engineer every month`),
    ).toEqual([
      'Water usage is limited to 500,000 gallons per day',
      '72-hour advance notice required before fracturing',
      'Reports go to the State Engineer every month',
    ]);
  });

  it('does not take what the permit asks for as what it is', () => {
    expect(
      valuesOf(`
        CONDITIONS
        1. Reports must be issued quarterly by Certified Engineers.
        2. Certificates granted to Contractors must be kept until the bond expires 2031-01-01.`),
    ).toEqual({});
  });

  it('gives no line numbers when the parser kept none', () => {
    const { permitMetadata, obligations } = permitObject([
      { line: null, text: 'Permit Number: A-1' },
      { line: null, text: 'The operator shall report weekly.' },
    ]);
    expect(permitMetadata.permitNumber).toMatchObject({ value: 'A-1', sourceLine: null, sourceLines: [] });
    expect(obligations).toMatchObject([{ sourceLine: null, frequency: 'weekly' }]);
  });
});
