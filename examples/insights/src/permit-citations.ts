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

const NUMBER = String.raw`\d+[\w]*(?:[.-]\w+)*(?:\([\w]+\))*`;
const PART = String.raw`(?:§+|Sections?|Sec\.|Chapter|Ch\.|Part|Title|Rule)`;
const CODES = String.raw`(?:TAC|CFR|C\.F\.R\.|USC|U\.S\.C\.|CCR|WAC|OAR|NAC|IAC|NYCRR)`;
const NAME = String.raw`(?:\p{Lu}[\w&'-]*\s+(?:(?:and|of|for|the)\s+)?){1,6}(?:Code|Act|Statutes?|Regulations?|Ordinance)`;
/** In order of how exact they are; the first that claims a stretch of text keeps it. */
const PATTERNS: readonly { readonly pattern: RegExp; readonly confidence: number }[] = [
  { pattern: new RegExp(`\\b\\d+\\s+(?<authority>${CODES})\\s*${PART}?\\s*${NUMBER}`, 'gu'), confidence: 0.9 },
  {
    pattern: new RegExp(`\\b\\d+\\s+(?<authority>[A-Z](?:\\.?[A-Z]){1,4}\\.?)\\s*§+\\s*${NUMBER}`, 'gu'),
    confidence: 0.9,
  },
  { pattern: new RegExp(`(?<authority>${NAME}),?\\s*${PART}\\s*${NUMBER}`, 'gu'), confidence: 0.9 },
  {
    pattern: new RegExp(`${PART}\\s*${NUMBER}\\s*(?:,|of)\\s+(?:the\\s+)?(?<authority>${NAME})`, 'gu'),
    confidence: 0.9,
  },
  { pattern: /\b\d+(?:\.\d+)+\s+(?<authority>NMAC)\b/g, confidence: 0.9 },
  { pattern: new RegExp(`\\b(?:Statewide\\s+)?Rule\\s+${NUMBER}`, 'gu'), confidence: 0.7 },
  { pattern: new RegExp(`§+\\s*${NUMBER}`, 'gu'), confidence: 0.7 },
];

/** The laws and rules that the text cites, in its order, each as written. */
export function citationsOf(lines: readonly TextLine[], obligations: readonly Obligation[]): LegalCitation[] {
  return lines.flatMap(({ line, text }) => {
    const found: { start: number; end: number; citation: LegalCitation }[] = [];
    for (const { pattern, confidence } of PATTERNS) {
      for (const match of text.matchAll(pattern)) {
        const [start, end] = [match.index, match.index + match[0].length];
        if (found.some((other) => start < other.end && other.start < end)) continue;
        const obligation = obligations.find(({ sourceLines }) => line !== null && sourceLines.includes(line));
        const authority = match.groups?.authority ?? null;
        const citation = {
          citation: match[0],
          authority,
          obligationId: obligation?.obligationId ?? null,
          sourceLine: line,
          confidence,
        };
        found.push({ start, end, citation });
      }
    }
    return found.toSorted((a, b) => a.start - b.start).map(({ citation }) => citation);
  });
}
