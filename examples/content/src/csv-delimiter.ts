const CANDIDATES = [',', ';', '\t', '|'] as const;
const HEAD_CHARACTERS = 64 * 1024;

/**
 * The delimiter of a CSV text: of the characters found in its first line, the one that occurs equally often in most
 * lines of the head (quoted parts not counted), the more frequent one on a tie. A comma when there is none.
 */
export function detectDelimiter(text: string): string {
  const lines = countsPerLine(text.slice(0, HEAD_CHARACTERS));
  let best = { delimiter: ',', agreeing: 0, perLine: 0 };
  CANDIDATES.forEach((delimiter, candidate) => {
    const perLine = lines[0]?.[candidate] ?? 0;
    if (perLine === 0) return;
    const agreeing = lines.filter((counts) => counts[candidate] === perLine).length;
    if (agreeing > best.agreeing || (agreeing === best.agreeing && perLine > best.perLine)) {
      best = { delimiter, agreeing, perLine };
    }
  });
  return best.delimiter;
}

/** For every line that is not blank, how often each candidate stands outside quotes. */
function countsPerLine(head: string): number[][] {
  const lines: number[][] = [];
  let counts = CANDIDATES.map(() => 0);
  let blank = true;
  let quoted = false;
  for (const character of head) {
    if (character === '"') quoted = !quoted;
    if (!quoted && (character === '\n' || character === '\r')) {
      if (!blank) lines.push(counts);
      counts = CANDIDATES.map(() => 0);
      blank = true;
      continue;
    }
    blank = false;
    const candidate = (CANDIDATES as readonly string[]).indexOf(character);
    if (candidate !== -1 && !quoted) counts[candidate] = (counts[candidate] ?? 0) + 1;
  }
  // The last line may have been cut off by the head's end; it counts only when it is all there is.
  if (lines.length === 0 && !blank) lines.push(counts);
  return lines;
}
