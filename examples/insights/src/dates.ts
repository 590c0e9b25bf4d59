const DAY_MS = 86_400_000;

/** Date formats of whole columns; the two slash formats can only be told apart by a day above 12. */
export const DATE_FORMATS = ['yyyy-mm-dd', 'yyyy/mm/dd', 'dd.mm.yyyy', 'mm/dd/yyyy', 'dd/mm/yyyy'] as const;
export type DateFormat = (typeof DATE_FORMATS)[number];

const YEAR_FIRST =
  /^(\d{4})([-/])(\d{1,2})\2(\d{1,2})(?:[T ](?:[01]\d|2[0-3]):[0-5]\d(?::(?:[0-5]\d|60)(?:\.\d+)?)?(?:Z|[+-](?:[01]\d|2[0-3]):?[0-5]\d)?)?$/;
const YEAR_LAST = /^(\d{1,2})([./])(\d{1,2})\2(\d{4})$/;

/** Days since 1970-01-01 of a date in this format; undefined for anything else, impossible days included. */
export function dayNumber(text: string, format: DateFormat): number | undefined {
  if (format === 'yyyy-mm-dd' || format === 'yyyy/mm/dd') {
    const [, year, separator, month, day] = YEAR_FIRST.exec(text) ?? [];
    return separator === format.charAt(4) ? dayOf(Number(year), Number(month), Number(day)) : undefined;
  }
  const [, first, separator, second, year] = YEAR_LAST.exec(text) ?? [];
  if (separator !== (format === 'dd.mm.yyyy' ? '.' : '/')) return undefined;
  const [day, month] = format === 'mm/dd/yyyy' ? [second, first] : [first, second];
  return dayOf(Number(year), Number(month), Number(day));
}

/** Day number of a calendar date; undefined when there is no such day. */
export function dayOf(year: number, month: number, day: number): number | undefined {
  const date = new Date(Date.UTC(year, month - 1, day));
  const exists = date.getUTCFullYear() === year && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  return exists ? date.getTime() / DAY_MS : undefined;
}

export const isoOfDay = (day: number): string => new Date(day * DAY_MS).toISOString().slice(0, 10);
