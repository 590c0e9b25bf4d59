import { describe, expect, it } from '@jest/globals';
import { permitObject } from './permit-rules.js';

const permit = (text: string) =>
  permitObject(text.split('\n').map((line, index) => ({ line: index + 1, text: line.trim() })));
const valuesOf = (text: string) =>
  Object.fromEntries(
    Object.entries(permit(text).permitMetadata).flatMap(([field, stated]) => (stated ? [[field, stated.value]] : [])),
  );

describe('a permit states only what it states', () => {
  it.each([
    ['denied', 'Your application for a permit was not granted by the Board of Trade on 5 May 2020.'],
    ['denied', 'We have not issued permit XY-99 to Acme Corp.'],
    ['denied', 'No permit was issued to Acme Corp by the Board of Trade on 5 May 2020.'],
    ['denied', 'Permit XY-99 was never issued to Acme Corp.'],
    ['denied', 'Neither permit was issued by the Board of Trade on 5 May 2020.'],
    ['denied', 'This permit was refused by the Board of Trade on 5 May 2020.'],
    ['asked for', 'Applicant asks that a permit be issued by the Dept of Water to Foo Inc on 1 June 2021.'],
    ['asked for', 'Please see that Permit XY-99 is issued to Foo Inc on 1 June 2021.'],
    ['asked for', 'Application for Permit XY-99'],
    ['supposed', 'If this permit is issued to Foo Inc on 1 June 2021, work may begin.'],
    ['supposed', 'This permit would be issued by the Board of Trade.'],
    ['supposed', 'This permit will be issued by the Board of Trade on 5 May 2020.'],
    ['supposed', 'This permit is granted to Foo Inc if the fee is paid.'],
    ['supposed', 'This permit is issued to Foo Inc once the Board of Trade agrees.'],
    ['supposed', 'A permit is issued by the Board of Trade to whoever pays.'],
    ['supposed', 'The permit expires on 1 May 2026 unless renewed.'],
    ['supposed', 'This permit expires on 1 May 2026 or when work ends, whichever is first.'],
    ['taken back', 'This permit was issued by the Board of Trade on 5 May 2020 and revoked on 6 May 2020.'],
    ['of another', 'The former permit was issued by the Board of Trade on 5 May 2020.'],
    ['of another', 'Certificate 5 belongs to Foo Inc.\nIssued by the Board of Trade on 5 May 2020.'],
    ['of another', 'It supersedes an older permit.\nIssued by the Board of Trade on 5 May 2020.'],
    ['of another', 'The agency reviewed permit XY-99 issued to Acme Corp on 5 May 2020.'],
    ['denied', 'This permit was issued by No Authority on 5 May 2020.'],
    ['cut off', 'This permit was not\nissued by the Board of Trade on 5 May 2020.'],
    ['cut off', 'It is wrong to say that the former holder of this right has the\nPermit XY-99 is granted.'],
    ['cut off', 'Issued to Salt Fork Water\nCompany of Texas in good faith'],
    ['part of a name', 'This permit was issued by the Commission on Water.'],
    ['part of a name', 'This permit was issued by the Agency, which is in Dover.'],
  ])('not what is %s: %j', (_what, text) => {
    expect(valuesOf(text)).toEqual({});
  });

  it.each([
    ['Issuing Authority: ____', 'placeholder_value'],
    ['Issuing Authority: ____ Date: ____', 'placeholder_value'],
    ['Issuing Authority: No Issuing Authority', 'placeholder_value'],
    ['Issuing Authority: No Issuing Authority Assigned', 'placeholder_value'],
    ['Issuing Authority: None Designated', 'placeholder_value'],
    ['Issuing Authority: Nobody', 'placeholder_value'],
    ['Issuing Authority: Not The Texas Railroad Commission', 'placeholder_value'],
    ['Issuing Authority: Authority Not Assigned', 'value_not_certain'],
    ['Permit Holder: No Permit Holder', 'placeholder_value'],
    ['Permit Type: Not Assigned Yet', 'placeholder_value'],
    ['Permit Type: No permit type', 'placeholder_value'],
    ['Permit Type: none given', 'placeholder_value'],
    ['Permit Type: undetermined', 'placeholder_value'],
    ['Permit Type: Pending Review', 'placeholder_value'],
    ['Location: unassigned', 'placeholder_value'],
    ['Location: TBC', 'placeholder_value'],
    ['Permit Number: (to be assigned)', 'placeholder_value'],
    ['Permit Number: To be assigned upon payment', 'placeholder_value'],
    ['Issuing Authority: see cover letter', 'placeholder_value'],
    ['Permit Holder: same as above', 'placeholder_value'],
    ['Permit Type: [type]', 'placeholder_value'],
    ['Location: refer to Exhibit A', 'placeholder_value'],
    ['Authority: The authority to act derives from statute 5.', 'value_not_certain'],
    ['Authority: 42 U.S.C. 7401', 'value_not_certain'],
    ['Authority: Clean Air Act', 'value_not_certain'],
    ['Authority: Clean Air Act of 1970 (CAA)', 'value_not_certain'],
    ['Authority: 30 TAC Chapter 106', 'value_not_certain'],
    ['Issuing Authority: Railroad Commission\nof Texas', 'value_not_certain'],
    ['Issuing Authority: RAILROAD COMMISSION OF\nTEXAS', 'value_not_certain'],
    ['Permit Holder: Smith and\nSons LLC', 'value_not_certain'],
    ['Permit Holder: Smith,\nSons LLC', 'value_not_certain'],
    ['Permit Type: Discharge of\nWater', 'value_not_certain'],
    ['Agency: shall be notified within 5 days.', 'value_not_certain'],
    ['Operator: must be trained', 'value_not_certain'],
    ['Permit Holder: whoever pays the fee', 'value_not_certain'],
    ['Permit Number: Air Quality', 'value_not_certain'],
    ['Permit  was not issued in 2020', 'value_not_certain'],
    ['Permit Type: it is decided later', 'value_not_certain'],
    ['Issue Date: upon approval', 'date_not_readable'],
    ['Expires: one year after issuance', 'date_not_readable'],
  ])('not what %j leaves open, and says so', (text, code) => {
    expect(valuesOf(text)).toEqual({});
    expect(permit(text).findings).toMatchObject([{ code, sourceLine: 1 }]);
  });

  it.each([
    ['Permit Number: No. 17', 'permitNumber', 'No. 17'],
    ['Permit Number: No 17 A', 'permitNumber', 'No 17 A'],
    ['Permit Type: Nonattainment Review', 'permitType', 'Nonattainment Review'],
    ['Permit Type: No-Till Farming', 'permitType', 'No-Till Farming'],
    ['Issuing Authority: Northern Water Board', 'issuingAuthority', 'Northern Water Board'],
    ['Expires: not later than 1 May 2026', 'expirationDate', 'not later than 1 May 2026'],
  ])('takes %j for no negation', (text, field, value) => {
    expect(valuesOf(text)).toEqual({ [field]: value });
  });

  it('is not certain of a day among other words', () => {
    const { permitMetadata, findings } = permit('Expires: one year after issuance, not later than 1 May 2026');
    expect(permitMetadata.expirationDate).toMatchObject({
      value: 'one year after issuance, not later than 1 May 2026',
      confidence: 0.4,
    });
    expect(findings).toMatchObject([{ code: 'date_not_readable', field: 'expirationDate' }]);
  });

  it.each([
    'Permit Number: P-9\nThis permit supersedes permit P-7 issued on 1 January 2010.',
    'Permit Number: P-9\nPermit P-7 was issued on 1 January 2010 by the Board of Trade.',
  ])('takes nothing from another permit: %j', (text) => {
    expect(valuesOf(text)).toEqual({ permitNumber: 'P-9' });
  });

  it('does not choose between two permits', () => {
    const { permitMetadata, findings } = permit(
      'Permit P-7 is granted to Acme Corp.\nPermit P-8 is granted to Foo Inc.',
    );
    expect(permitMetadata.permitNumber).toMatchObject({ value: 'P-7', confidence: 0.5 });
    expect(findings).toMatchObject([{ code: 'conflicting_values', field: 'permitNumber', sourceLine: 2 }]);
  });

  it('is certain of nothing in a text of two permits', () => {
    const { permitMetadata } = permit('Permit Number: PER-1\nPermit No: PER-2\nIssuing Authority: Ohio EPA');
    expect(permitMetadata.permitNumber).toMatchObject({ value: 'PER-1', confidence: 0.5 });
    expect(permitMetadata.issuingAuthority).toMatchObject({ value: 'Ohio EPA', confidence: 0.5 });
  });

  it('does not choose between two days, by whatever labels, but takes one day in two spellings for one', () => {
    const two = permit('Issue Date: 2024-01-05\nDate Issued: 2023-01-05');
    expect(two.permitMetadata.issueDate).toMatchObject({ value: '2024-01-05', confidence: 0.5 });
    expect(two.findings).toMatchObject([{ code: 'conflicting_values', field: 'issueDate', sourceLine: 2 }]);
    const one = permit('Issue Date: 2024-01-05\nIssue Date: January 5, 2024');
    expect(one.permitMetadata.issueDate).toMatchObject({ value: '2024-01-05', confidence: 0.95 });
    expect(one.findings).toEqual([]);
  });

  it('does not give a row of values to the labels above it', () => {
    const { permitMetadata, missing } = permit(
      'Permit Number:    Permit Type:    Issue Date:\nX-1    Air    5/13/2024',
    );
    expect(Object.values(permitMetadata).every((value) => value === null)).toBe(true);
    expect(missing).toEqual(['permitNumber', 'permitType', 'issueDate', 'issuingAuthority', 'obligations']);
  });

  it('reads an address below its label once', () => {
    expect(permit('Location:\n12 Main St,\nSpringfield').permitMetadata.location).toMatchObject({
      value: '12 Main St, Springfield',
      sourceLines: [2, 3],
    });
    expect(valuesOf('Location: 12 Main St,\nSpringfield')).toEqual({ location: '12 Main St, Springfield' });
  });

  it('still reads how grants are worded, over lines, too', () => {
    expect(
      valuesOf(`This air quality permit, no. 5 of its kind, is old.
        Permit WQ-7 was duly issued to the Blue Mesa Water Company of Reeves, LLC by the Agency
        for Toxic Substances on 4-Mar-2026, subject to the conditions below.
        It shall be kept. This permit is valid until 2027/03/04.`),
    ).toEqual({
      permitNumber: 'WQ-7',
      permitHolder: 'Blue Mesa Water Company of Reeves, LLC',
      issuingAuthority: 'Agency for Toxic Substances',
      issueDate: '2026-03-04',
      expirationDate: '2027-03-04',
    });
    expect(permit('This permit is issued by the\nState of Texas on\nMay 5, 2020.').permitMetadata).toMatchObject({
      issuingAuthority: { value: 'State of Texas', sourceLine: 2 },
      issueDate: { sourceLines: [3] },
    });
  });
});

describe('obligations are what somebody has to do', () => {
  const descriptions = (text: string) => permit(text).obligations.map(({ description }) => description);

  it('keeps one that stands behind a label', () => {
    expect(descriptions('Agency: shall be notified within 5 days.')).toEqual([
      'Agency: shall be notified within 5 days.',
    ]);
  });

  it.each([
    '1. The holder is not required to report.',
    '1. The holder shall not be required to report.',
    '1. The holder need not report.',
    '1. The holder does not have to submit plans.',
    '1. Small sites are exempt from monitoring.',
    '1. Exceptions: none.',
    '1. Nothing in this permit shall be construed to require annual reporting.',
    '1. Nothing in this permit shall be\nconstrued to require annual reporting.',
    '1. This permit shall not be construed to require annual reporting.',
    '1. See Table 4 for sampling limits.',
    '1. Reporting: N/A',
  ])('none is %j', (item) => {
    expect(descriptions(`CONDITIONS\n${item}\n2. Keep records.`)).toEqual(['Keep records.']);
  });

  it('keeps what is demanded beside what is not', () => {
    const items = [
      'The holder is not required to report but shall keep records.',
      'The holder shall not dig.',
      'Nothing in this area may be disturbed.',
      'Nothing herein shall be construed as a right; the holder shall keep records.',
      'Nothing herein shall be construed as a right, and the holder shall keep records.',
      'Keep records. Nothing herein shall be construed to allow discharge.',
    ];
    expect(descriptions(`CONDITIONS\n${items.map((item, index) => `${index + 1}. ${item}`).join('\n')}`)).toEqual(
      items,
    );
  });
});

describe('days', () => {
  it.each([
    ['2024/03/04', '2024-03-04'],
    ['4-Mar-2026', '2026-03-04'],
    ['Tuesday, March 4, 2025', '2025-03-04'],
    ['2024-05-13 10:30 a.m.', '2024-05-13'],
  ])('%s is one', (written, iso) => {
    expect(valuesOf(`Issue Date: ${written}`)).toEqual({ issueDate: iso });
  });

  it.each(['Marble 4, 2025', '2024-02-30', '2024/13/01', '03/04/2024', '13 May 2024 to 14 May 2024'])(
    '%s is none for certain',
    (written) => {
      expect(permit(`Issue Date: ${written}`).findings).toMatchObject([{ code: 'date_not_readable' }]);
    },
  );

  it.each([
    'File a report no later than 03/04/2025.',
    'File a report by February 30, 2025.',
    'File a report by the end of March 2025.',
    'Work shall end before Q3 2025.',
  ])('says that %j names no day that can be read', (item) => {
    const { obligations, findings } = permit(`CONDITIONS\n1. ${item}`);
    expect(obligations).toMatchObject([{ dueDate: null }]);
    expect(findings).toMatchObject([{ code: 'date_not_readable', field: 'obligations', sourceLine: 2 }]);
  });

  it.each([
    ['No discharge before June 1, 2025.', null],
    ['The holder shall not discharge until June 1, 2025.', null],
    ['No discharge before June 1, 2025; report by July 1, 2025.', '2025-07-01'],
    ['The holder shall not discharge and shall report before June 1, 2025.', '2025-06-01'],
    ['The report shall be filed not later than June 1, 2025.', '2025-06-01'],
    ['Permit No. 5 shall be renewed before June 1, 2025.', '2025-06-01'],
  ])('%j is due %s', (item, dueDate) => {
    const { obligations, findings } = permit(`CONDITIONS\n1. ${item}`);
    expect(obligations).toMatchObject([{ dueDate }]);
    expect(findings).toEqual([]);
  });
});
