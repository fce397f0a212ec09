import { type Config, describeProblems, loadConfig } from '../config.ts';
import { createLogger, type Logger } from '../log.ts';
import { CommandRefused, UsageError } from './errors.ts';

export { CommandRefused, UsageError } from './errors.ts';

/**
 * One command of the command line: gets what stands after its name, returns the exit code. What
 * was asked for goes to standard output, words about the work to standard error.
 */
export type Command = (args: readonly string[]) => Promise<number>;

/**
 * The settings, from the environment.
 *
 * @throws {CommandRefused} with every mistake in them
 */
export function readConfig(): Config {
  const loaded = loadConfig(process.env);
  if (!loaded.ok) throw new CommandRefused(describeProblems(loaded.problems).trimEnd());
  return loaded.config;
}

/**
 * The logger of a command that ends by itself: it tells its progress in words, so the log’s
 * `info` would only stand in between.
 */
export function commandLog(config: Config): Logger {
  return createLogger(config.logLevel === 'info' ? 'warn' : config.logLevel);
}

/** Writes a line for the person at the terminal. */
export function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** The arguments, exactly as many as there are names. */
export function exactly(args: readonly string[], ...names: readonly string[]): string[] {
  const option = args.find((arg) => arg.startsWith('-') && arg !== '-');
  if (option !== undefined) throw new UsageError(`There is no option ${option}.`);
  if (args.length !== names.length) {
    throw new UsageError(
      args.length < names.length
        ? `${names[args.length]} is missing.`
        : `${args[names.length]} is too much.`,
    );
  }
  return [...args];
}
