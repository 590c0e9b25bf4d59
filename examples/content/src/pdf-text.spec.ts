import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { generatedFiles } from '../../data/make-data.mjs';
import { pdfOf } from '../../data/pdf-writer.mjs';
import { linesOf } from './pdf-lines.js';
import { type PdfText, readPdfText } from './pdf-text.js';

const piece = (text: string, x: number, y: number, width = text.length * 5) => ({ text, x, y, width, fontSize: 10 });

describe('pdf text', () => {
  it('has the lines of every page', async () => {
    expect(await readPdfText(pdfOf([['first (one)', 'second'], [], ['third \u00a7 1']]))).toEqual({
      kind: 'text',
      pages: [['first (one)', 'second'], [], ['third \u00a7 1']],
      textNotRead: { count: 0, examples: [] },
    });
  });

  it('refuses pages without text, bytes that are no PDF, and more text than is kept', async () => {
    expect(await readPdfText(pdfOf([[]]))).toMatchObject({ code: 'pdf_without_text' });
    expect(await readPdfText(Buffer.from('%PDF-1.4 but no more'))).toMatchObject({ code: 'pdf_malformed' });
    const three = pdfOf([['four'], ['four'], ['four']]);
    expect(await readPdfText(three, 12)).toMatchObject({ kind: 'text' });
    expect(await readPdfText(three, 11)).toMatchObject({ code: 'pdf_too_long', details: { page: 3, pageCount: 3 } });
  });

  it('counts what a page draws beyond its box, and names the page', async () => {
    const long = Array.from({ length: 50 }, (_, index) => `line ${index + 1}`);
    const wide = `${'w'.repeat(60)} and ${'z'.repeat(60)}`;
    const reading = await readPdfText(pdfOf([['short'], long, [wide]]));
    expect(reading).toMatchObject({ kind: 'text' });
    const { pages, textNotRead } = reading as PdfText;
    const lost = long.slice(pages[1]?.length).join('').replaceAll(' ', '').length;
    const cut = wide.replaceAll(' ', '').length - (pages[2]?.[0] ?? '').replaceAll(' ', '').length;
    expect([lost, cut].every((characters) => characters > 0)).toBe(true);
    expect(textNotRead).toEqual({
      count: lost + cut,
      examples: [
        { page: 2, characters: lost },
        { page: 3, characters: cut },
      ],
    });
  });

  it('takes a page whose text is all beyond its box for one without text, and says so', async () => {
    const outside = Buffer.from(
      pdfOf([['far away']])
        .toString('latin1')
        .replace('0 0 612 792', '0 0 612 099'),
      'latin1',
    );
    expect(await readPdfText(outside)).toMatchObject({
      code: 'pdf_without_text',
      message: expect.stringContaining('7 characters lie beyond their boxes'),
      details: { pageCount: 1, textNotRead: 7 },
    });
  });

  it('joins what stands on one line in reading order and keeps columns apart', () => {
    const pieces = [
      piece('below', 0, 80),
      piece('right', 200, 100),
      piece('left', 0, 101),
      piece('hand', 22, 100),
      piece('s', 42, 100, 5),
    ];
    expect(linesOf(pieces)).toEqual(['left hands  right', 'below']);
  });

  it('is read from committed files that the generator makes again to the byte', () => {
    for (const [name, bytes] of Object.entries(generatedFiles() as Record<string, Buffer>)) {
      expect(readFileSync(new URL(`../../data/${name}`, import.meta.url)).equals(bytes)).toBe(true);
    }
  });
});
