import { type DestinationStream, destination, type LogFn, type Logger, pino } from 'pino';
import { bounded, boundedText, RepeatLimit, STACK_MAX } from './log-bounds.ts';

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
 * 1. Every value is cut to a length: what clients send cannot fill the log by its size. (Not so the
 *    fields of a child logger: those are ids of our own.)
 * 2. Lines that repeat are limited from `info` up, and counted beyond: `suppressed` says how many.
 *
 * Lines go to standard error, so that standard output carries only what the person who started
 * the server asked for (the line with its address). A test passes its own `to`.
 */
export function createLogger(level: LogLevel, to?: DestinationStream): Logger {
  const limit = new RepeatLimit((key, suppressed) => {
    const [name = '', message = ''] = split(key);
    report.get(name)?.({ suppressed }, message);
  });
  /** The functions of the levels, past the limit. */
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
          if (number < LIMITED_FROM || limit.take(`${name} ${messageOf(args)}`))
            method.apply(this, args);
        },
      },
    },
    // Synchronous: the last lines before a crash are the ones that matter.
    to ?? destination({ fd: 2, sync: true }),
  );
  return logger;
}

/** Lines below this level are written for those who look for a fault, all of them. */
const LIMITED_FROM = pino.levels.values.info ?? 30;

/** The words of a line, which are constant: its fields say the rest. */
function messageOf([first, second]: Parameters<LogFn>): string {
  if (typeof first === 'string') return first;
  return typeof second === 'string' ? second : '';
}

/** The level and the words of a key. */
const split = (key: string): [string, string] => {
  const space = key.indexOf(' ');
  return [key.slice(0, space), key.slice(space + 1)];
};

/** Causes of an error that are logged, one inside the other. */
const CAUSES_MAX = 5;

/**
 * What is logged of an error: no more than says what happened and where. PostgreSQL’s `detail` may
 * quote a row, and drivers hang whole connections on their errors.
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
