import { execFile } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { openDatabase } from '../../src/storage/database.ts';
import { type Embedded, startEmbedded } from '../../src/storage/embedded.ts';
import { migrate } from '../../src/storage/migrate.ts';
import { makeTempDir } from './temp-dir.ts';
import { testLog as log } from './test-log.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** A data folder with a stopped database, which has {@link TEMPLATE}. */
    databaseTemplate: string | undefined;
  }
}

/** The migrated, empty database that tests copy. */
export const TEMPLATE = 'parley_template';

/** Vitest’s global setup: creates and migrates one database; each test file starts on a copy of it. */
export default async function setUp(project: TestProject): Promise<() => void> {
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
  project.provide('databaseTemplate', dataDir);
  return remove;
}

/** Creates {@link TEMPLATE} in a running database. */
export async function createTemplate(connection: Embedded['connection']): Promise<void> {
  const client = new pg.Client({ ...connection, database: 'postgres' });
  // The statement rejects with the same error.
  client.on('error', () => undefined);
  await client.connect();
  try {
    await client.query(`create database ${TEMPLATE}`);
  } finally {
    await client.end();
  }
  const database = await openDatabase({ ...connection, database: TEMPLATE }, log);
  try {
    await migrate(database.pool, log);
  } finally {
    await database.close();
  }
}

/** Copies the database of a data folder into another, with owners and permissions. */
export async function copyCluster(from: string, to: string): Promise<void> {
  await promisify(execFile)('cp', ['-a', join(from, 'postgres'), join(to, 'postgres')]);
}
