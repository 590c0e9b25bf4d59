import { citationsOf } from './permit-citations.js';
import type { PermitField } from './permit-labels.js';

const PLACEHOLDER =
  /^(?:[-_.–—\s]*|n\/?a|none|nil|tbd|tba|ditto|unknown|pending|blank|x{2,}|not (?:applicable|stated|available|specified|provided|assigned|issued|known|yet\b.*)|(?:to|will) be\b.*|to follow|(?:please )?(?:see|refer)\b.*|same\b.*|as (?:above|below|before|per|shown|stated|noted|listed|described|attached|follows)\b.*|attached|above|below|\?+)$/i;
/** `No Issuing Authority`, `Not Assigned Yet`: says that there is none. `No. 17` and `not later than 1 May` say something. */
const NEGATED =
  /^(?:no\s+(?!\d|later\b|earlier\b)|not\s+(?!later\b|earlier\b|before\b|after\b)|(?:none|nobody|no one|unassigned|undetermined|unknown|pending|tb[acd])(?:[\s,;:(]|$))/i;
const WRAPPED = /^(?:\[.*\]|<.*>)$/;

/** Whether a value only holds the place of one: `TBD`, `(to be assigned)`, `see cover letter`, a blank to fill in. */
export function isPlaceholder(value: string): boolean {
  const bare = value.trim();
  if (WRAPPED.test(bare) || bare.includes('___')) return true;
  const unwrapped = bare.replace(/^\(|\)?[.]?$/g, '').trim();
  return PLACEHOLDER.test(unwrapped) || NEGATED.test(unwrapped);
}

/** Words that names have in small letters. */
const NAME_WORDS = new Set(
  'a an and at d/b/a dba de del der des di du for in la las los of on the to und van von y'.split(' '),
);
const NAME_WORDS_MAX = 14;

/** Whether a text is worded as a name: words in capitals but for those between, no sentence. */
export function isName(value: string): boolean {
  const words = value.split(/\s+/);
  if (words.length > NAME_WORDS_MAX || value.includes(':') || !/^[(\p{Lu}\d"“]/u.test(value)) return false;
  if (!/\p{L}/u.test(value) || isSentence(value)) return false;
  return words.every((word) => /^[^\p{Ll}]/u.test(word) || NAME_WORDS.has(word.replace(/[,.]$/, '')));
}

/** Words with which a text says something of somebody rather than names it. */
const VERB =
  /\b(?:shall|must|will|would|should|can|cannot|may not|is|are|was|were|be|been|has|have|had|does|do|[Nn]ot|NOT|if|unless|derives?|means?|requires?|required|provided|depends?|applies)\b/;
const isSentence = (value: string): boolean => VERB.test(value);

const NUMBER_WORD = /^(?:[#(]?[\p{L}\d][\p{L}\d./#_&)-]*)$/u;
const NUMBER_WORDS_MAX = 5;

/** `TX-99/12`, `No. 17 A`, `WQ 2024 113 Rev. 2`: words of digits and capitals. */
function isPermitNumber(value: string): boolean {
  const words = value.replace(/\s*\([^()]{1,40}\)$/, '').split(/\s+/);
  const fits = (word: string): boolean =>
    NUMBER_WORD.test(word) && (/\d/.test(word) || /^(?:\p{Lu}{1,6}|[Nn]o\.?|[Nn]r\.?|[Rr]ev\.?)$/u.test(word));
  return words.length <= NUMBER_WORDS_MAX && words.every(fits) && /\d/.test(words.join(''));
}

const LAW = /\b(?:Acts?|Codes?|Statutes?|Ordinances?)(?:\s+of\s+\d{4})?(?:\s+\([^()]{1,40}\))?\.?$/i;

/** `Clean Air Act`, `42 U.S.C. 7401`: what a permit is issued under, not who issues it. */
const isLaw = (value: string): boolean => LAW.test(value) || citationsOf([{ line: null, text: value }], []).length > 0;

/** Whether a text stops at a word or sign that something has to follow: the line ended there, not what it says. */
function breaksOff(value: string): boolean {
  const last = value.slice(value.lastIndexOf(' ') + 1);
  return /[,&]$/.test(last) || NAME_WORDS.has(last) || /^(?:AND|OF|THE|FOR)$/.test(last);
}

/** Fields of words, which a line may break off; a number or a day is whole or none. */
const IN_WORDS: ReadonlySet<PermitField> = new Set(['permitType', 'issuingAuthority', 'permitHolder', 'location']);

/** Why a labelled value cannot be taken for what the label promises; undefined when it can. Dates have rules of their own. */
export function doubtOf(field: PermitField, value: string, goesOn = false): string | undefined {
  if (field === 'permitNumber') return isPermitNumber(value) ? undefined : 'is not worded as a number';
  if (IN_WORDS.has(field) && (goesOn || breaksOff(value))) return 'seems to go on in the next line';
  if (field === 'issuingAuthority' && isLaw(value)) return 'is a law, not who issues by it';
  if (field === 'issuingAuthority' || field === 'permitHolder')
    return isName(value) ? undefined : 'is not worded as a name';
  if (field === 'permitType' || field === 'location') return isSentence(value) ? 'is a sentence' : undefined;
  return undefined;
}
