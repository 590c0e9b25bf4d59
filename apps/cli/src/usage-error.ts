/** The command cannot be carried out as it was written; told without a stack trace. */
export class UsageError extends Error {
  override readonly name = 'UsageError';

  constructor(
    message: string,
    readonly remedy?: string,
  ) {
    super(message);
  }
}
