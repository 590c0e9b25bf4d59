import { describe, expect, it } from '@jest/globals';
import { pdfOf } from '../../data/pdf-writer.mjs';
import { pdfRepeating } from '../../testing/repeating-pdf.js';
import { readPdf } from './pdf-reader.js';

const never = new AbortController().signal;
const childProcesses = (): number =>
  process.getActiveResourcesInfo().filter((resource) => resource === 'ProcessWrap').length;

describe('a PDF in a process of its own', () => {
  it('is refused for good when that process does not survive it, while others are read', async () => {
    const hostile = pdfRepeating('A', 128_000_000);
    expect(hostile.length).toBeLessThan(10_000);
    let hostileEnded = false;
    const refused = readPdf(hostile, never).finally(() => {
      hostileEnded = true;
    });
    const read = await readPdf(pdfOf([['meanwhile']]), never);
    expect([read.pages, hostileEnded]).toEqual([[['meanwhile']], false]);
    await expect(refused).rejects.toMatchObject({
      code: 'pdf_too_complex',
      options: { details: { cpuMsMax: 15_000, memoryBytesMax: 512 * 1024 * 1024 } },
    });
    await expect(refused).rejects.not.toMatchObject({ options: { retryable: true } });
  });

  it('is refused when it takes memory outside the heap', async () => {
    const blanks = pdfRepeating(' ', 1_280_000_000, 'BT ');
    await expect(readPdf(blanks, never)).rejects.toMatchObject({ code: 'pdf_too_complex' });
  });

  it('passes on what the reader refuses', async () => {
    await expect(readPdf(Buffer.from('a,b\n'), never)).rejects.toMatchObject({ code: 'pdf_malformed' });
  });

  it('ends with the call, and makes room for the next', async () => {
    const calls = [new AbortController(), new AbortController(), new AbortController()];
    const readings = calls.map(({ signal }) => readPdf(pdfRepeating('A', 12_800_000), signal));
    for (const call of calls) call.abort(new Error('cancelled'));
    for (const reading of readings) await expect(reading).rejects.toThrow('cancelled');
    expect((await readPdf(pdfOf([['next']]), never)).pages).toEqual([['next']]);
    while (childProcesses() > 0) await new Promise((resume) => setImmediate(resume));
  });
});
