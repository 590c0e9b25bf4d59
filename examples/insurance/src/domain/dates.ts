/** A day of the calendar as `2024-02-29`. */
export function isDay(text: string | null): text is string {
  if (text === null || !/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const at = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(text);
}

/** ISO days compare as text. */
export const isOrdered = (first: string | null, second: string | null): boolean =>
  first !== null && second !== null && first <= second;
