#!/usr/bin/env node
// Imports as little as possible, so that problems of the machine are reported even if few files can
// be opened.
import { readFileSync } from 'node:fs';
import type { Command } from './commands/command.ts';
import { CommandRefused, UsageError } from './commands/errors.ts';
import { holdYoungGeneration } from './runtime/memory.ts';
import { isOutOfFiles, requireOpenFiles, tooFewFiles } from './storage/start-errors.ts';

/**
 * The command line: `parley COMMAND …`. Each command is a file under commands/ that is loaded on
 * demand. Results go to standard output, everything else to standard error. Exit codes: 0 success,
 * 1 failure, 2 incorrect usage.
 */

interface Entry {
  /** The arguments. */
  readonly usage?: string;
  readonly description: string;
  /** Whether the command handles --help itself. */
  readonly helps?: boolean;
  load(): Promise<Command>;
}

const COMMANDS: Readonly<Record<string, Entry>> = {
  start: {
    description: 'Start the server. Settings are read from the environment (see .env.example).',
    load: async () => {
      holdYoungGeneration();
      // Stack traces in the log name the lines of the sources. The maps are read together with the scripts.
      process.setSourceMapsEnabled(true);
      return (await import('./commands/start.ts')).start;
    },
  },
  backup: {
    usage: 'FILE',
    description: 'Back up everything to a new file. The server may be running.',
    load: async () => (await import('./commands/backup.ts')).backup,
  },
  restore: {
    usage: 'FILE',
    description: 'Restore a backup into an empty data folder or database.',
    load: async () => (await import('./commands/restore.ts')).restore,
  },
  move: {
    usage: 'DATABASE_URL',
    description: 'Move the built-in database to an external PostgreSQL.',
    load: async () => (await import('./commands/move.ts')).move,
  },
  'move-files': {
    usage: 'bucket | folder',
    description:
      'Copy the files of messages to the bucket of FILES_S3_*, or from there to the data folder.',
    load: async () => (await import('./commands/move-files.ts')).moveFilesTo,
  },
  keys: {
    usage: 'rotate [--now]',
    description:
      'Create a new signing key for access tokens. --now also revokes the current keys (after a leak).',
    load: async () => (await import('./commands/keys.ts')).keys,
  },
  user: {
    usage: 'list | add NAME EMAIL [ROLE] | link NAME | drop-factors NAME | unsuspend NAME',
    description:
      'List and create accounts; restore access after a lost password or second factor, or a suspension.',
    load: async () => (await import('./commands/user.ts')).user,
  },
  'legal-hold': {
    usage: 'list | export ID FOLDER',
    description:
      'List the legal holds; write the messages and files that one covers into a folder.',
    load: async () => (await import('./commands/legal-hold.ts')).legalHoldCommand,
  },
  doctor: {
    usage: '[--repair] [--json]',
    description: 'Compare the tables with the events. --repair fixes the differences.',
    helps: true,
    load: async () => (await import('./commands/doctor.ts')).doctor,
  },
  chaos: {
    usage: '[options]',
    description: 'Run test servers, inject faults, and check that no message is lost.',
    helps: true,
    load: async () => (await import('./commands/chaos.ts')).chaos,
  },
};

function usage(): string {
  const lines = Object.entries(COMMANDS).map(([name, entry]) =>
    `  ${name} ${entry.usage ?? ''}`.trimEnd().concat(`\n      ${entry.description}`),
  );
  return `Usage: parley COMMAND | --version\n\n${lines.join('\n')}\n`;
}

function version(): string {
  const file = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(file) as { version: string }).version;
}

async function main([name = 'start', ...args]: readonly string[]): Promise<number> {
  const entry = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (name === '--version') {
    process.stdout.write(`${version()}\n`);
    return 0;
  }
  const help = name === 'help' || name === '--help' || args.includes('--help');
  if (help && entry?.helps !== true) {
    process.stdout.write(usage());
    return 0;
  }
  if (entry === undefined) {
    process.stderr.write(`Unknown command: ${name}\n${usage()}`);
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
    const isRefusal = error instanceof CommandRefused;
    const message = error instanceof Error ? error.message : String(error);
    const failed = name === 'start' ? 'Parley could not start' : `parley ${name} failed`;
    process.stderr.write(isRefusal ? `${message}\n` : `${failed}: ${message}\n`);
    return 1;
  }
}

process.exit(await main(process.argv.slice(2)));
