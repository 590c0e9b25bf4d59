/** A piece of text where it stands on a page; x and y of its baseline in points, y upwards. */
export interface TextPiece {
  readonly text: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly fontSize: number;
}

/** Puts pieces that share a baseline into one line, top to bottom. A wide gap becomes two spaces, as between columns. */
export function linesOf(pieces: readonly TextPiece[]): string[] {
  const rows: { y: number; pieces: TextPiece[] }[] = [];
  for (const piece of pieces) {
    if (piece.text.trim() === '') continue;
    const row = rows.find(({ y }) => Math.abs(y - piece.y) <= piece.fontSize * 0.4);
    if (row) row.pieces.push(piece);
    else rows.push({ y: piece.y, pieces: [piece] });
  }
  return rows.toSorted((a, b) => b.y - a.y).map((row) => joined(row.pieces.toSorted((a, b) => a.x - b.x)));
}

function joined(pieces: readonly TextPiece[]): string {
  let line = '';
  let end = Number.NaN;
  for (const { text, x, width, fontSize } of pieces) {
    const gap = x - end;
    if (gap > fontSize) line = `${line.trimEnd()}  `;
    else if (gap > fontSize * 0.15 && !line.endsWith(' ')) line += ' ';
    line += text;
    end = x + width;
  }
  return line.trim();
}
