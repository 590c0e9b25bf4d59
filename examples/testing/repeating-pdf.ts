import { deflateSync } from 'node:zlib';

/** One page that begins a text and repeats a character; two filters make it small. */
export function pdfRepeating(character: string, times: number, start = 'BT /F1 10 Tf ('): Buffer {
  const run = `\x81${character}`.repeat(times / 128);
  const runs = Buffer.from(`${String.fromCharCode(start.length - 1)}${start}${run}\x80`, 'latin1');
  const content = deflateSync(runs).toString('latin1');
  const filters = '/Filter [/FlateDecode /RunLengthDecode]';
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Resources << /Font << /F1 5 0 R >> >> /Contents 4 0 R >>',
    `<< /Length ${content.length} ${filters} >>\nstream\n${content}\nendstream`,
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
  ];
  const body = objects.map((object, index) => `${index + 1} 0 obj\n${object}\nendobj\n`).join('');
  return Buffer.from(`%PDF-1.4\n${body}trailer\n<< /Size 6 /Root 1 0 R >>\n%%EOF\n`, 'latin1');
}
