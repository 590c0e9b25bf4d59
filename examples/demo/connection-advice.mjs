import { ConnectionFailed, ProblemError } from '@intendant/client';

/** What to tell about a failure that ended the demonstration. */
export function connectionAdvice(failure, url) {
  if (failure instanceof ConnectionFailed)
    return `Nothing answers at ${url}. Run \`npm start\` in another terminal first, or set INTENDANT_URL.`;
  if (failure instanceof ProblemError && failure.status === 401)
    return `${failure.message}\nThe cluster at ${url} takes tokens of another data directory: set INTENDANT_DATA_DIR.`;
  if (failure instanceof ProblemError)
    return [`The demonstration was refused: ${failure.message}`, failure.field, failure.remedy]
      .filter(Boolean)
      .join('\n  ');
  return failure.name === 'Refusal' || process.env.INTENDANT_DEBUG !== '1' ? failure.message : failure.stack;
}
