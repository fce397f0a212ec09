/** The command cannot do what was asked, for a reason that the person can understand and change. */
export class CommandRefused extends Error {
  override name = 'CommandRefused';
}

/** What was typed is not how the command is used. */
export class UsageError extends Error {
  override name = 'UsageError';
}
