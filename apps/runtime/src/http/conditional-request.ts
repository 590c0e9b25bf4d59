/** Whether an `If-None-Match` names this strong entity tag (RFC 9110, 13.1.2); tags are compared weakly, as it says. */
export function namesEntity(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  if (ifNoneMatch.trim() === '*') return true;
  return [...ifNoneMatch.matchAll(/"[^"]*"/g)].some(([tag]) => tag === etag);
}
