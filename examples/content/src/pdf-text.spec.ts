import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { generatedFiles } from '../../data/make-data.mjs';
import { pdfOf } from '../../data/pdf-writer.mjs';
import { linesOf } from './pdf-lines.js';
import { readPdfText } from './pdf-text.js';

const piece = (text: string, x: number, y: number, width = text.length * 5) => ({ text, x, y, width, fontSize: 10 });

describe('pdf text', () => {
  it('numbers lines through all pages', async () => {
    const { pageCount, lines } = await readPdfText(pdfOf([['first (one)', 'second'], ['third \u00a7 1']]));
    expect(pageCount).toBe(2);
    expect(lines).toEqual([
      { line: 1, page: 1, text: 'first (one)' },
      { line: 2, page: 1, text: 'second' },
      { line: 3, page: 2, text: 'third \u00a7 1' },
    ]);
  });

  it('refuses pages without text and bytes that are no PDF', async () => {
    await expect(readPdfText(pdfOf([[]]))).rejects.toMatchObject({ code: 'pdf_without_text' });
    await expect(readPdfText(Buffer.from('%PDF-1.4 but no more'))).rejects.toMatchObject({ code: 'pdf_malformed' });
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
