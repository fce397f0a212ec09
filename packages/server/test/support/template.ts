import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { TestProject } from 'vitest/node';
import { openDatabase } from '../../src/storage/database.ts';
import { type Embedded, startEmbedded } from '../../src/storage/embedded.ts';
import { migrate } from '../../src/storage/migrate.ts';
import { makeTempDir } from './temp-dir.ts';
import { testLog as log } from './test-log.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** A data folder with a stopped database, in which {@link TEMPLATE} is migrated and empty. */
    databaseTemplate: string | undefined;
  }
}

/** The migrated, empty database that tests copy: that of servers with an embedded database. */
export const TEMPLATE = 'parley';

/** Vitest’s global setup: creates and migrates one database; each test file and server starts on a copy of it. */
export default async function setUp(project: TestProject): Promise<() => void> {
  // scripts/mutate runs tests many times, and keeps it for all of them.
  const kept = process.env.PARLEY_TEMPLATE;
  if (kept !== undefined && existsSync(kept)) {
    project.provide('databaseTemplate', kept);
    return () => undefined;
  }
  const dataDir = makeTempDir('template');
  const remove = () => rmSync(dataDir, { recursive: true, force: true });
  try {
    const embedded = await startEmbedded({ dataDir, log });
    try {
      await createTemplate(embedded.connection);
    } finally {
      await embedded.stop();
    }
  } catch (error) {
    remove();
    throw error;
  }
  if (kept !== undefined) {
    const part = `${kept}.${process.pid}`;
    await copyCluster(dataDir, part);
    // Another run may have been faster.
    if (!existsSync(kept)) renameSync(part, kept);
  }
  project.provide('databaseTemplate', dataDir);
  return remove;
}

/** Migrates {@link TEMPLATE} in a running database. */
export async function createTemplate(connection: Embedded['connection']): Promise<void> {
  const database = await openDatabase({ ...connection, database: TEMPLATE }, log);
  try {
    await migrate(database.pool, log);
  } finally {
    await database.close();
  }
}

/**
 * Copies the database of a data folder into another, with owners and permissions. A server that starts there finds a
 * migrated database, and need not create one.
 */
export async function copyCluster(from: string, to: string): Promise<void> {
  mkdirSync(to, { recursive: true });
  await promisify(execFile)('cp', ['-a', join(from, 'postgres'), join(to, 'postgres')]);
}

/** Removes a data folder: some 700 files for each database in it, for which `rm` takes half of the time of Node. */
export async function removeCluster(dataDir: string): Promise<void> {
  await promisify(execFile)('rm', ['-rf', dataDir]);
}
