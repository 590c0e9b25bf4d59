import { StepFailure } from '@intendant/participant';
import { malformed, type Sentence, sentencesOf } from './copybook-source.js';

export type Usage = 'display' | 'packed' | 'binary';
export interface SignClause {
  readonly leading: boolean;
  readonly separate: boolean;
}

/** A data description entry with the entries below it. */
export interface CopybookItem {
  readonly line: number;
  readonly level: number;
  /** Null for FILLER and unnamed items. */
  readonly name: string | null;
  picture?: string;
  usage?: Usage;
  sign?: SignClause;
  /** Spaces are written for zero. */
  blankWhenZero?: true;
  /** How often the item stands in a row; 1 without OCCURS. */
  occurs: number;
  readonly isTable: boolean;
  readonly children: CopybookItem[];
}

type OpenItem = { -readonly [Key in keyof CopybookItem]: CopybookItem[Key] };

const USAGES: Readonly<Record<string, Usage>> = {
  DISPLAY: 'display',
  'COMP-3': 'packed',
  'COMPUTATIONAL-3': 'packed',
  'PACKED-DECIMAL': 'packed',
  COMP: 'binary',
  COMPUTATIONAL: 'binary',
  'COMP-4': 'binary',
  'COMPUTATIONAL-4': 'binary',
  BINARY: 'binary',
};
const OCCURS_MAX = 10_000;
const PAGE_STATEMENTS = new Set(['EJECT', 'SKIP1', 'SKIP2', 'SKIP3']);
/** Words that change the layout in a way this reader does not know. */
const REFUSED = new Set(
  [
    'REDEFINES RENAMES SYNC SYNCHRONIZED DEPENDING COPY REPLACE',
    'COMP-1 COMP-2 COMP-5 COMPUTATIONAL-1 COMPUTATIONAL-2 COMPUTATIONAL-5 POINTER INDEX',
  ].flatMap((words) => words.split(' ')),
);

/** The words of one entry, consumed from the left. */
class Words {
  #at = 0;
  constructor(
    private readonly words: readonly string[],
    readonly line: number,
  ) {}
  peek(): string | undefined {
    return this.words[this.#at];
  }
  next(what: string): string {
    const word = this.words[this.#at++];
    if (word === undefined) throw malformed(this.line, `${what} is missing`);
    return word;
  }
  /** Takes the next word when it is one of these. */
  skip(...words: string[]): boolean {
    const taken = words.includes(this.peek() ?? '');
    if (taken) this.#at += 1;
    return taken;
  }
  skipToClause(): void {
    while (this.peek() !== undefined && !isClause(this.peek() as string)) this.#at += 1;
  }
}

const CLAUSES: Readonly<Record<string, (words: Words, item: OpenItem) => void>> = {
  PIC: pictureClause,
  PICTURE: pictureClause,
  USAGE: (words, item) => {
    words.skip('IS');
    item.usage = usageOf(words.next('the usage'), words.line);
  },
  OCCURS: occursClause,
  SIGN: (words, item) => {
    words.skip('IS');
    signClause(words, item, words.next('LEADING or TRAILING'));
  },
  LEADING: (words, item) => signClause(words, item, 'LEADING'),
  TRAILING: (words, item) => signClause(words, item, 'TRAILING'),
  VALUE: (words) => words.skipToClause(),
  VALUES: (words) => words.skipToClause(),
  INDEXED: (words) => words.skipToClause(),
  ASCENDING: (words) => words.skipToClause(),
  DESCENDING: (words) => words.skipToClause(),
  JUST: (words) => void words.skip('RIGHT'),
  JUSTIFIED: (words) => void words.skip('RIGHT'),
  BLANK: (words, item) => {
    words.skip('WHEN');
    const word = words.next('ZERO');
    if (!/^ZERO(?:E?S)?$/.test(word)) throw malformed(words.line, `BLANK WHEN ${word} is not BLANK WHEN ZERO`);
    item.blankWhenZero = true;
  },
  GLOBAL: () => undefined,
  EXTERNAL: () => undefined,
};

const isClause = (word: string): boolean =>
  Object.hasOwn(CLAUSES, word) || Object.hasOwn(USAGES, word) || REFUSED.has(word);

/** The top-level entries of a copybook with everything below them; 88-level conditions take no storage and are left out. */
export function parseItems(source: string): CopybookItem[] {
  const top: CopybookItem[] = [];
  const open: CopybookItem[] = [];
  for (const sentence of sentencesOf(source)) {
    if (PAGE_STATEMENTS.has(sentence.words[0] ?? '') || sentence.words[0] === '88') continue;
    const item = itemOf(sentence);
    while (open.length > 0 && (open.at(-1) as CopybookItem).level >= item.level) open.pop();
    const parent = open.at(-1);
    if (parent?.picture !== undefined)
      throw malformed(item.line, `${parent.name ?? 'FILLER'} has a PICTURE and cannot hold items`);
    (parent?.children ?? top).push(item);
    open.push(item);
  }
  return top;
}

function itemOf({ line, words: [level = '', ...rest] }: Sentence): CopybookItem {
  refuse(level, line);
  const number = Number(level);
  if (level === '66') refuse('RENAMES', line);
  if (!/^\d{1,2}$/.test(level) || number < 1 || (number > 49 && number !== 77)) {
    throw malformed(line, `${JSON.stringify(level)} is not a level number`);
  }
  const words = new Words(rest, line);
  const named = words.peek() !== undefined && !isClause(words.peek() as string);
  const name = named ? words.next('the name') : 'FILLER';
  if (!/^[A-Z0-9][A-Z0-9_-]*$/.test(name)) throw malformed(line, `${name} is not a data name`);
  const isTable = rest.includes('OCCURS');
  const item: OpenItem = {
    line,
    level: number,
    name: name === 'FILLER' ? null : name,
    occurs: 1,
    isTable,
    children: [],
  };
  while (words.peek() !== undefined) clause(words, item);
  return item;
}

function clause(words: Words, item: OpenItem): void {
  const word = words.next('a clause');
  refuse(word, words.line);
  const read = Object.hasOwn(CLAUSES, word) ? CLAUSES[word] : undefined;
  if (read) read(words, item);
  else if (Object.hasOwn(USAGES, word)) item.usage = USAGES[word];
  else throw malformed(words.line, `${word} is not a clause`);
}

function pictureClause(words: Words, item: OpenItem): void {
  words.skip('IS');
  item.picture = words.next('the picture');
}

function occursClause(words: Words, item: OpenItem): void {
  const times = words.next('the number of OCCURS');
  words.skip('TIMES');
  if (words.peek() === 'TO') refuse('DEPENDING', words.line);
  item.occurs = Number(times);
  if (!/^\d+$/.test(times) || item.occurs < 1 || item.occurs > OCCURS_MAX) {
    throw malformed(words.line, `OCCURS ${times} is not a number from 1 to ${OCCURS_MAX}`);
  }
}

function signClause(words: Words, item: OpenItem, place: string): void {
  if (place !== 'LEADING' && place !== 'TRAILING')
    throw malformed(words.line, `SIGN ${place} is neither LEADING nor TRAILING`);
  const separate = words.skip('SEPARATE');
  words.skip('CHARACTER');
  item.sign = { leading: place === 'LEADING', separate };
}

function usageOf(word: string, line: number): Usage {
  refuse(word, line);
  const usage = Object.hasOwn(USAGES, word) ? USAGES[word] : undefined;
  if (usage === undefined) throw malformed(line, `${word} is not a usage`);
  return usage;
}

/** What changes the layout in a way this reader does not know is refused, never skipped. */
function refuse(word: string, line: number): void {
  if (!REFUSED.has(word)) return;
  throw new StepFailure('copybook_not_supported', `copybook line ${line}: ${word} is not supported`, {
    details: { line, feature: word },
  });
}
