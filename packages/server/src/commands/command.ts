import { type Config, describeProblems, loadConfig } from '../config/config.ts';
import { createLogger, type Logger } from '../runtime/log.ts';
import { CommandRefused, UsageError } from './errors.ts';

export { CommandRefused, UsageError } from './errors.ts';

/**
 * A command of the command line: receives its arguments and returns the exit code. Results go to
 * standard output, progress and errors to standard error.
 */
export type Command = (args: readonly string[]) => Promise<number>;

/**
 * Reads the settings from the environment.
 *
 * @throws {CommandRefused} that lists every invalid setting
 */
export function readConfig(): Config {
  const loaded = loadConfig(process.env);
  if (!loaded.ok) throw new CommandRefused(describeProblems(loaded.problems).trimEnd());
  return loaded.config;
}

/**
 * Returns the logger of a command that ends by itself. It prints its own progress, so `info` lines
 * of the log are left out.
 */
export function commandLog(config: Config): Logger {
  return createLogger(config.logLevel === 'info' ? 'warn' : config.logLevel);
}

/** Writes a line to standard error, for the user at the terminal. */
export function print(line: string): void {
  process.stderr.write(`${line}\n`);
}

/**
 * Returns the arguments, if there is one for each name.
 * @throws {UsageError} otherwise
 */
export function exactly(args: readonly string[], ...names: readonly string[]): string[] {
  const option = args.find((arg) => arg.startsWith('-') && arg !== '-');
  if (option !== undefined) throw new UsageError(`Unknown option: ${option}`);
  if (args.length !== names.length) {
    throw new UsageError(
      args.length < names.length
        ? `Missing argument: ${names[args.length]}`
        : `Unexpected argument: ${args[names.length]}`,
    );
  }
  return [...args];
}
