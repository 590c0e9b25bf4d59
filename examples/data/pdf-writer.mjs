/**
 * A PDF 1.4 file with one page for every list of lines, set in Helvetica from the top. Characters beyond Latin-1 are
 * refused. There is no creation date and no file id, so that the same lines give the same bytes.
 */
export function pdfOf(pages) {
  const objects = [];
  const add = (body) => objects.push(body);
  const pageNumbers = pages.map((_, index) => 4 + index * 2);
  add('<< /Type /Catalog /Pages 2 0 R >>');
  add(`<< /Type /Pages /Kids [${pageNumbers.map((number) => `${number} 0 R`).join(' ')}] /Count ${pages.length} >>`);
  add('<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>');
  for (const [index, lines] of pages.entries()) {
    const content = `BT /F1 11 Tf 72 760 Td 18 TL\n${lines.map((line) => `${literal(line)} Tj T*`).join('\n')}\nET`;
    const resources = '/Resources << /Font << /F1 3 0 R >> >>';
    add(
      `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] ${resources} /Contents ${(pageNumbers[index] ?? 0) + 1} 0 R >>`,
    );
    add(`<< /Length ${content.length} >>\nstream\n${content}\nendstream`);
  }
  return assemble(objects);
}

function literal(text) {
  if (/[^\x20-\x7e\xa0-\xff]/.test(text)) throw new RangeError(`not Latin-1: ${text}`);
  return `(${text.replace(/[\\()]/g, '\\$&')})`;
}

/** Objects with the cross-reference table; positions count bytes, which Latin-1 makes equal to characters. */
function assemble(objects) {
  let file = '%PDF-1.4\n';
  const positions = objects.map((body, index) => {
    const position = file.length;
    file += `${index + 1} 0 obj\n${body}\nendobj\n`;
    return position;
  });
  const entries = positions.map((position) => `${String(position).padStart(10, '0')} 00000 n \n`).join('');
  const start = file.length;
  file += `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${entries}`;
  file += `trailer\n<< /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${start}\n%%EOF\n`;
  return Buffer.from(file, 'latin1');
}
