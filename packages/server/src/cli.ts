#!/usr/bin/env node
// Nothing that loads more: what is wrong with the machine is told even where little can be opened.
import type { Command } from './commands/command.ts';
import { CommandRefused, UsageError } from './commands/errors.ts';
import { isOutOfFiles, requireOpenFiles, tooFewFiles } from './storage/start-errors.ts';

/**
 * The command line: `parley COMMAND …`, each command in a file of its own under commands/, loaded
 * only when it is asked for. Standard output carries what was asked for, all else goes to standard
 * error. Exit codes: 0 done, 1 not done, 2 not understood.
 */

interface Entry {
  /** What stands after the name. */
  readonly usage?: string;
  readonly description: string;
  /** It answers --help by itself. */
  readonly helps?: boolean;
  load(): Promise<Command>;
}

const COMMANDS: Readonly<Record<string, Entry>> = {
  start: {
    description: 'starts the server; settings come from the environment (see .env.example)',
    load: async () => (await import('./commands/start.ts')).start,
  },
  backup: {
    usage: 'FILE',
    description: 'writes everything into one new file, while the server runs or not',
    load: async () => (await import('./commands/backup.ts')).backup,
  },
  restore: {
    usage: 'FILE',
    description: 'brings a backup back into an empty place',
    load: async () => (await import('./commands/restore.ts')).restore,
  },
  move: {
    usage: 'DATABASE_URL',
    description: 'moves the built-in database to a PostgreSQL of your own',
    load: async () => (await import('./commands/move.ts')).move,
  },
  keys: {
    usage: 'rotate [--now]',
    description:
      'makes a new key for access tokens; --now ends the keys there are, for one that leaked',
    load: async () => (await import('./commands/keys.ts')).keys,
  },
  user: {
    usage: 'list | add NAME E-MAIL [ROLE] | link NAME | drop-factors NAME',
    description:
      'lists and makes accounts, and lets people in who have lost their password or factor',
    load: async () => (await import('./commands/user.ts')).user,
  },
  doctor: {
    usage: '[--repair] [--json]',
    description: 'compares the tables with the events; --repair puts right what follows from them',
    helps: true,
    load: async () => (await import('./commands/doctor.ts')).doctor,
  },
  chaos: {
    usage: '[options]',
    description: 'proves the promise: breaks servers of its own and checks that nothing was lost',
    helps: true,
    load: async () => (await import('./commands/chaos.ts')).chaos,
  },
};

function usage(): string {
  const lines = Object.entries(COMMANDS).map(([name, entry]) =>
    `  ${name} ${entry.usage ?? ''}`.trimEnd().concat(`\n      ${entry.description}`),
  );
  return `Usage: parley COMMAND\n\n${lines.join('\n')}\n`;
}

async function main([name = 'start', ...args]: readonly string[]): Promise<number> {
  const entry = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  const help = name === 'help' || name === '--help' || args.includes('--help');
  if (help && entry?.helps !== true) {
    process.stdout.write(usage());
    return 0;
  }
  if (entry === undefined) {
    process.stderr.write(`There is no command ${name}.\n${usage()}`);
    return 2;
  }
  try {
    if (name === 'start') requireOpenFiles();
    const command = await entry.load();
    return await command(args);
  } catch (thrown) {
    const error = isOutOfFiles(thrown) ? tooFewFiles(thrown) : thrown;
    if (error instanceof UsageError) {
      process.stderr.write(
        `${error.message}\nUsage: parley ${name} ${entry.usage ?? ''}`.trimEnd().concat('\n'),
      );
      return 2;
    }
    const known = error instanceof CommandRefused;
    const message = error instanceof Error ? error.message : String(error);
    const failed = name === 'start' ? 'Parley could not start' : `parley ${name} failed`;
    process.stderr.write(known ? `${message}\n` : `${failed}: ${message}\n`);
    return 1;
  }
}

process.exit(await main(process.argv.slice(2)));
