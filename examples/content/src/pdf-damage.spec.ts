import { deflateSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { damageIn } from './pdf-damage.js';
import { readPdfText } from './pdf-text.js';

const FONT = '<< /F << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >>';
const PAGE = `/Type /Page /Parent 2 0 R /MediaBox [0 0 300 200] /Resources << /Font ${FONT} >>`;

const drawn = (text: string): Buffer => deflateSync(`BT /F 10 Tf 9 99 Td (${text}) Tj ET`);
const stream = (dictionary: string, data: Buffer | string): string =>
  `<< ${dictionary} /Length ${data.length} >>\nstream\n${data.toString('latin1')}\nendstream`;
const deflated = (data: Buffer): string => stream('/Filter /FlateDecode', data);

/** A PDF whose streams are the objects from number 4 on, each with its page. */
function pdfWith(streams: readonly string[], encryption = ''): Buffer {
  const objects = [
    '1 0 obj << /Type /Catalog /Pages 2 0 R >> endobj',
    `2 0 obj << /Type /Pages /Count ${streams.length} /Kids [${streams.map((_, at) => `${100 + at} 0 R`).join(' ')}] >> endobj`,
    ...streams.map((body, at) => `${4 + at} 0 obj\n${body}\nendobj`),
    ...streams.map((_, at) => `${100 + at} 0 obj << ${PAGE} /Contents ${4 + at} 0 R >> endobj`),
  ];
  return Buffer.from(`%PDF-1.6\n${objects.join('\n')}\ntrailer << /Root 1 0 R ${encryption}>>\n%%EOF\n`, 'latin1');
}

function changedAt(bytes: Buffer, offset: number): Buffer {
  const changed = Buffer.from(bytes);
  changed[offset] = (changed[offset] ?? 0) ^ 0x55;
  return changed;
}

describe('a damaged PDF', () => {
  it('is refused for any byte of a deflated page, never read without the page or with other words', async () => {
    const data = drawn('The permittee shall keep 30 records.');
    const pdf = pdfWith([deflated(drawn('The permittee shall report.')), deflated(data)]);
    expect(await readPdfText(pdf)).toMatchObject({
      pages: [['The permittee shall report.'], ['The permittee shall keep 30 records.']],
    });
    const offset = pdf.indexOf(data);
    for (let byte = 0; byte < data.length; byte += 1)
      expect(await damageIn(changedAt(pdf, offset + byte))).toEqual({ object: 5, offset });
    expect(await readPdfText(changedAt(pdf, offset + 20))).toMatchObject({
      code: 'pdf_malformed',
      details: { object: 5, offset, reason: 'checksum' },
    });
  });

  it('is refused when a page ends early, and when it is written as ASCII 85', async () => {
    const data = drawn('The permittee shall keep 30 records.');
    expect(await readPdfText(pdfWith([deflated(data.subarray(0, 30))]))).toMatchObject({ code: 'pdf_malformed' });
    const written = ascii85(data);
    const pdf = pdfWith([stream('/Filter [ /ASCII85Decode /FlateDecode ]', written)]);
    expect(await readPdfText(pdf)).toMatchObject({ pages: [['The permittee shall keep 30 records.']] });
    const offset = pdf.indexOf(written);
    expect(await damageIn(changedAt(pdf, offset + 30))).toEqual({ object: 4, offset });
  });

  it('is read where no text is lost: a damaged picture, a stream that is empty or without its checksum', async () => {
    const picture = stream('/Type /XObject /Subtype /Image /Filter /FlateDecode', changedAt(drawn('picture'), 9));
    const data = drawn('The permittee shall report.');
    const pdf = pdfWith([deflated(data.subarray(0, -4)), deflated(Buffer.alloc(0)), stream('', 'a stream\n')]);
    expect(await readPdfText(pdf)).toMatchObject({ pages: [['The permittee shall report.'], [], []] });
    expect(await damageIn(pdfWith([picture]))).toBeUndefined();
  });

  it('is not seen in one that is encrypted, which is read as it is', async () => {
    const locked =
      'a68f0f9665d767b3b826019308c14b7460aac3b049b5e6130852b12a4693c8e0cb54f1072ec953ac6c32f810db72024d9b77206cbe33d6c8d78d4bd9fbf116a3';
    const id = '<026ad2e92c1d547d040398b9c68568ab>';
    const keys =
      '/O <77b8fb098022d3ab34237ea5643c08710ea5123fc5f88bf993a68cca5f12b40f> /U <3dc7a286c83f71b090c2d63586c73a880021446990b9e4114071a4d9104984c1>';
    const cipher = '/CF << /StdCF << /AuthEvent /DocOpen /CFM /AESV2 /Length 16 >> >> /StmF /StdCF /StrF /StdCF';
    const encryption = `/ID [${id} ${id}] /Encrypt << /Filter /Standard /V 4 /R 4 /P -1028 /Length 128 ${cipher} ${keys} >> `;
    const pdf = pdfWith([deflated(Buffer.from(locked, 'hex'))], encryption);
    expect(await readPdfText(pdf)).toMatchObject({ pages: [['locked']] });
  });
});

/** Five characters for four bytes, fewer for the bytes that are left over; the end mark included. */
function ascii85(data: Buffer): string {
  const missing = (4 - (data.length % 4)) % 4;
  const filled = Buffer.concat([data, Buffer.alloc(missing)]);
  let text = '';
  for (let at = 0; at < filled.length; at += 4) {
    const value = filled.readUInt32BE(at);
    for (const power of [85 ** 4, 85 ** 3, 85 ** 2, 85, 1])
      text += String.fromCharCode(33 + (Math.floor(value / power) % 85));
  }
  return `${text.slice(0, text.length - missing)}~>`;
}
