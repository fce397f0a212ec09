/** The command cannot be executed, for a reason that the user can understand and fix. */
export class CommandRefused extends Error {
  override name = 'CommandRefused';
}

/** The command was used incorrectly. */
export class UsageError extends Error {
  override name = 'UsageError';
}
