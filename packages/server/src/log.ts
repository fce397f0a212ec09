import { type DestinationStream, destination, type Logger, pino } from 'pino';

export type { Logger } from 'pino';

/** The levels of LOG_LEVEL, the quietest first. */
export const logLevels = ['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const;
/** One of {@link logLevels}. */
export type LogLevel = (typeof logLevels)[number];

// Fields that hold secrets, wherever a log line may carry them: at its top, one object down
// ({ body: { password } }) and in the headers of a logged request or response.
const secretNames = [
  'authorization',
  'cookie',
  'password',
  'newPassword',
  'token',
  'accessToken',
  'refreshToken',
  'secret',
];
const redacted = [
  ...secretNames,
  ...secretNames.map((name) => `*.${name}`),
  ...secretNames.map((name) => `*.*.${name}`),
  '*.headers["set-cookie"]',
  'headers["set-cookie"]',
];

/**
 * Makes the logger of the server: one JSON object a line, secrets replaced by `[redacted]`.
 *
 * Lines go to standard error, so that standard output carries only what the person who started
 * the server asked for (the line with its address). A test passes its own `to`.
 */
export function createLogger(level: LogLevel, to?: DestinationStream): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: redacted, censor: '[redacted]' },
      serializers: { err: describeError },
    },
    // Synchronous: the last lines before a crash are the ones that matter.
    to ?? destination({ fd: 2, sync: true }),
  );
}

/**
 * What is logged of an error: no more than says what happened and where. PostgreSQL’s `detail` may
 * quote a row, and drivers hang whole connections on their errors.
 */
function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { name, message, stack, cause } = error;
  const { code, routine } = error as { code?: unknown; routine?: unknown };
  return {
    type: name,
    message,
    ...(code !== undefined && { code }),
    ...(routine !== undefined && { routine }),
    stack,
    ...(cause !== undefined && { cause: describeError(cause) }),
  };
}
