import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { testLog } from '../../test/support/database.ts';
import { findBinaries } from './binaries.ts';
import { startEmbedded } from './embedded.ts';
import { embeddedUser, ensureCluster } from './initdb.ts';
import { type Postmaster, socketPort, startPostmaster } from './postmaster.ts';
import { asUser, findRunAs, tryRunAs, type UsableRunAs } from './run-as.ts';

const isRoot = process.getuid?.() === 0;
const stranger = 4242;

let base: string;
let dataDir: string;
let clusterDir: string;
let postmaster: Postmaster | undefined;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'parley-ways-'));
  chmodSync(base, 0o711);
  dataDir = join(base, 'data');
  mkdirSync(dataDir, { mode: 0o700 });
  clusterDir = join(dataDir, 'postgres');
});
afterEach(async () => {
  await postmaster?.stop(10_000);
  postmaster = undefined;
  rmSync(base, { recursive: true, force: true });
});

async function startBy(found: UsableRunAs) {
  await ensureCluster(clusterDir, found, testLog);
  const paths = { clusterDir, socketDir: clusterDir, logFile: join(dataDir, 'postgres.log') };
  postmaster = await startPostmaster(paths, found, testLog);
  const client = new pg.Client({
    host: clusterDir,
    port: socketPort,
    user: embeddedUser,
    database: 'postgres',
  });
  client.on('error', () => undefined);
  await client.connect();
  await client.query('create table if not exists kept as select 1 as n');
  const { rows } = await client.query('select n from kept');
  await client.end();
  await postmaster.stop(10_000);
  postmaster = undefined;
  return rows;
}

describe('the user that PostgreSQL runs as', () => {
  test('works below a folder that only this user can enter', async () => {
    chmodSync(base, 0o700);
    const found = await findRunAs(findBinaries(), dataDir, clusterDir, testLog);
    expect(found.runAs.kind).toBe(isRoot ? 'namespace' : 'direct');
    expect(await startBy(found)).toEqual([{ n: 1 }]);
    expect(statSync(clusterDir).uid).toBe(process.getuid?.());
  });

  test.runIf(isRoot)(
    'by root can be another user, who gets the cluster and, where need be, a copy of the programs',
    async () => {
      const runAs = asUser(65534, 65534);
      const binaries = await tryRunAs(runAs, hiddenBinaries(), dataDir);
      expect(dirname(binaries.root)).toBe(dataDir);

      expect(await startBy({ runAs, binaries })).toEqual([{ n: 1 }]);
      expect(statSync(clusterDir).uid).toBe(65534);
      // The rest of the data folder keeps its owner.
      expect(statSync(dataDir).uid).toBe(0);
    },
  );

  test.runIf(isRoot)('by root, for the cluster of an ordinary user, is that user', async () => {
    const runAs = asUser(65534, 65534);
    await startBy({ runAs, binaries: await tryRunAs(runAs, findBinaries(), dataDir) });

    const again = await findRunAs(findBinaries(), dataDir, clusterDir, testLog);
    expect(again.runAs.owner.uid).toBe(65534);
    expect(await startBy(again)).toEqual([{ n: 1 }]);
  });

  test.runIf(isRoot)('by root takes over a cluster whose user cannot reach it', async () => {
    const runAs = asUser(65534, 65534);
    await startBy({ runAs, binaries: await tryRunAs(runAs, findBinaries(), dataDir) });
    chmodSync(base, 0o700);

    const embedded = await startEmbedded({ dataDir, log: testLog });
    expect(statSync(clusterDir).uid).toBe(0);
    await embedded.stop();
  });

  test.runIf(isRoot)('that does not work is reported with the reason', async () => {
    chmodSync(base, 0o700);
    await expect(tryRunAs(asUser(stranger, stranger), findBinaries(), dataDir)).rejects.toThrow(
      /cd.*data/,
    );
  });
});

/** The programs in a folder that no other user can enter. */
function hiddenBinaries() {
  const binaries = findBinaries();
  const hidden = join(base, 'hidden');
  mkdirSync(hidden, { mode: 0o700 });
  const root = join(hidden, 'native');
  cpSync(binaries.root, root, { recursive: true, verbatimSymlinks: true });
  return { ...binaries, root };
}
