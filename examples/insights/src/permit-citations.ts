import type { Obligation } from './permit-obligations.js';
import type { TextLine } from './permit-text.js';

export interface LegalCitation {
  readonly citation: string;
  /** The code or act as the citation names it; null when it names none. */
  readonly authority: string | null;
  /** The obligation whose text cites it, if any. */
  readonly obligationId: string | null;
  readonly sourceLine: number | null;
  readonly confidence: number;
}

const NUMBER = String.raw`\d\w{0,20}(?:[.-]\w{1,20}){0,8}(?:\(\w{1,20}\)){0,8}`;
const PART = String.raw`(?:§{1,3}|Sections?|Sec\.|Chapter|Ch\.|Part|Title|Rule)`;
const CODES = String.raw`(?:TAC|CFR|C\.F\.R\.|USC|U\.S\.C\.|CCR|WAC|OAR|NAC|IAC|NYCRR)`;
const NAME = String.raw`(?:\p{Lu}[\w&'-]{0,40}\s+(?:(?:and|of|for|the)\s+)?){1,6}(?:Code|Act|Statutes?|Regulations?|Ordinance)`;
/** In order of how exact they are; the first that claims a stretch of text keeps it. */
const PATTERNS: readonly { readonly pattern: RegExp; readonly confidence: number }[] = [
  { pattern: new RegExp(`\\b\\d{1,6}\\s+(?<authority>${CODES})\\s*${PART}?\\s*${NUMBER}`, 'gu'), confidence: 0.9 },
  {
    pattern: new RegExp(`\\b\\d{1,6}\\s+(?<authority>[A-Z](?:\\.?[A-Z]){1,4}\\.?)\\s*§{1,3}\\s*${NUMBER}`, 'gu'),
    confidence: 0.9,
  },
  { pattern: new RegExp(`(?<authority>${NAME}),?\\s*${PART}\\s*${NUMBER}`, 'gu'), confidence: 0.9 },
  {
    pattern: new RegExp(`${PART}\\s*${NUMBER}\\s*(?:,|of)\\s+(?:the\\s+)?(?<authority>${NAME})`, 'gu'),
    confidence: 0.9,
  },
  { pattern: /\b\d{1,6}(?:\.\d{1,6}){1,8}\s+(?<authority>NMAC)\b/g, confidence: 0.9 },
  { pattern: new RegExp(`\\b(?:Statewide\\s+)?Rule\\s+${NUMBER}`, 'gu'), confidence: 0.7 },
  { pattern: new RegExp(`§{1,3}\\s*${NUMBER}`, 'gu'), confidence: 0.7 },
];

/** The laws and rules that the text cites, in its order, each as written. */
export function citationsOf(lines: readonly TextLine[], obligations: readonly Obligation[]): LegalCitation[] {
  const byLine = new Map<number, string>();
  for (const { obligationId, sourceLines } of obligations)
    for (const line of sourceLines) if (!byLine.has(line)) byLine.set(line, obligationId);
  return lines.flatMap(({ line, text }) => {
    const found: { start: number; end: number; citation: LegalCitation }[] = [];
    for (const { pattern, confidence } of PATTERNS) {
      for (const match of text.matchAll(pattern)) {
        const [start, end] = [match.index, match.index + match[0].length];
        if (found.some((other) => start < other.end && other.start < end)) continue;
        const authority = match.groups?.authority ?? null;
        const citation = {
          citation: match[0],
          authority,
          obligationId: (line === null ? undefined : byLine.get(line)) ?? null,
          sourceLine: line,
          confidence,
        };
        found.push({ start, end, citation });
      }
    }
    return found.toSorted((a, b) => a.start - b.start).map(({ citation }) => citation);
  });
}
