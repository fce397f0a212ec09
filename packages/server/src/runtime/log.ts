import { type DestinationStream, destination, type LogFn, type Logger, pino } from 'pino';
import { bounded, boundedText, RepeatLimit, STACK_MAX } from './log-bounds.ts';

export type { Logger } from 'pino';

/** The levels of LOG_LEVEL, the least verbose first. */
export const logLevels = ['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const;
/** One of {@link logLevels}. */
export type LogLevel = (typeof logLevels)[number];

// Fields that contain secrets, at the depths at which they can occur in a log line: at the top
// level, one object down ({ body: { password } }) and in the headers of a logged request or
// response.
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
 * Creates the logger of the server: one JSON object per line, secrets replaced by `[redacted]`.
 *
 * 1. Every value is truncated, so that clients cannot fill the log with large values. (Except the
 *    fields of child loggers, which are ids of the server.)
 * 2. Repeated lines of level `info` and above are limited; `suppressed` counts the rest. Lines of
 *    the audit log are exempt: {@link SECURITY_EVENT}.
 *
 * Lines go to standard error, because standard output is for the result of a command (such as the
 * address of the server). Tests pass their own `to`.
 */
export function createLogger(level: LogLevel, to?: DestinationStream): Logger {
  const limit = new RepeatLimit((key, suppressed) => {
    const [name = '', message = ''] = split(key);
    report.get(name)?.({ suppressed }, message);
  });
  /** The log functions by level, without the limit. */
  const report = new Map<string, (fields: object, message: string) => void>();
  const logger = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: {
        level: (label) => ({ level: label }),
        log: (fields) => bounded(fields) as Record<string, unknown>,
      },
      redact: { paths: redacted, censor: '[redacted]' },
      serializers: { err: describeError },
      hooks: {
        logMethod(args, method, number) {
          const name = pino.levels.labels[number] ?? '';
          if (!report.has(name)) report.set(name, (...line) => method.apply(logger, line));
          const message = messageOf(args);
          if (
            number < LIMITED_FROM ||
            message === SECURITY_EVENT ||
            limit.take(`${name} ${message}`)
          ) {
            method.apply(this, args);
          }
        },
      },
    },
    // Synchronous: the last lines before a crash are the ones that matter.
    to ?? destination({ fd: 2, sync: true }),
  );
  return logger;
}

/** Lines below this level are for debugging and are not limited. */
const LIMITED_FROM = pino.levels.values.info ?? 30;

/**
 * The message of the lines of the audit log. They have a budget of their own (audit/budget.ts), by kind
 * and by account or address: with one limit for all of them, failed logins could hide the others.
 */
export const SECURITY_EVENT = 'security event';

/** Returns the message of a line, which is a constant phrase. */
function messageOf([first, second]: Parameters<LogFn>): string {
  if (typeof first === 'string') return first;
  return typeof second === 'string' ? second : '';
}

/** Splits a key into level and message. */
const split = (key: string): [string, string] => {
  const space = key.indexOf(' ');
  return [key.slice(0, space), key.slice(space + 1)];
};

/** The maximum depth of logged causes of an error. */
const CAUSES_MAX = 5;

/**
 * Returns the fields of an error that are logged. Others are omitted, because `detail` of
 * PostgreSQL may quote a row, and drivers attach whole connections to their errors.
 */
function describeError(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error)) return bounded(error);
  if (depth > CAUSES_MAX) return '[more causes]';
  const { name, message, stack, cause } = error;
  const { code, routine } = error as { code?: unknown; routine?: unknown };
  return {
    type: name,
    message: boundedText(message),
    ...(code !== undefined && { code }),
    ...(routine !== undefined && { routine }),
    ...(stack !== undefined && { stack: boundedText(stack, STACK_MAX) }),
    ...(cause !== undefined && { cause: describeError(cause, depth + 1) }),
  };
}
