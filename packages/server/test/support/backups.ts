import { createReadStream, createWriteStream, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import pg from 'pg';
import { extract, pack } from 'tar-stream';
import type { Progress } from '../../src/backup/progress.ts';
import { type Config, loadConfig } from '../../src/config/config.ts';
import { type Parley, startParley } from '../../src/main.ts';
import { type Embedded, runningEmbedded } from '../../src/storage/embedded.ts';
import { processesInCluster, waitUntil } from '../../src/storage/processes.ts';
import { type Child, startCli } from './child.ts';
import { testLog } from './database.ts';
import { makeTempDir } from './temp-dir.ts';

/** Helpers for tests of backup, restore and move, which run the real command line. */

/** A temporary folder, and the processes that a test starts in it. */
export interface BackupWorkspace {
  readonly dir: string;
  /** Returns a path in the folder. */
  path(name: string): string;
  /** Starts `parley …` on a data folder; `env` is added. */
  parley(dataDir: string, args: readonly string[], env?: Record<string, string>): Child;
  /** Runs a command to its end. */
  run(
    dataDir: string,
    args: readonly string[],
    env?: Record<string, string>,
  ): Promise<{ code: number | null; description: string }>;
  /** Starts a server in this process; `close` stops it if the test does not. */
  server(dataDir: string, env?: Record<string, string>): Promise<Parley>;
  /** Kills the remaining processes, waits for the databases, and removes the folder. */
  close(): Promise<void>;
}

/** Creates the folder; the caller calls `close` at the end. */
export function aBackupWorkspace(): BackupWorkspace {
  const dir = makeTempDir('backup');
  const children: Child[] = [];
  const servers: Parley[] = [];
  const dataDirs = new Set<string>();
  const parley: BackupWorkspace['parley'] = (dataDir, args, env = {}) => {
    dataDirs.add(dataDir);
    const child = startCli(args, {
      PARLEY_DATA: dataDir,
      PORT: '0',
      RATE_LIMITS: 'off',
      LINK_PREVIEWS: 'off',
      DATABASE_URL: '',
      ...env,
    });
    children.push(child);
    return child;
  };
  return {
    dir,
    path: (name) => join(dir, name),
    parley,
    async run(dataDir, args, env) {
      const child = parley(dataDir, args, env);
      const code = await child.ended;
      return { code, description: child.stderr() };
    },
    async server(dataDir, env) {
      dataDirs.add(dataDir);
      const server = await startParley(configFor(dataDir, env), testLog);
      servers.push(server);
      return server;
    },
    async close() {
      await Promise.all(children.map((child) => child.kill()));
      for (const server of servers) await server.stop();
      for (const dataDir of dataDirs) await databaseEnded(dataDir);
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** Waits until no database runs in a data folder (or in a restore in it). */
export async function databaseEnded(dataDir: string): Promise<void> {
  for (const cluster of ['postgres', 'restoring/database/postgres']) {
    const none = async () => (await processesInCluster(join(dataDir, cluster))).length === 0;
    if (!(await waitUntil(none, 20_000))) throw new Error(`A database still runs in ${dataDir}`);
  }
}

/** Discards progress reports. */
export const quietly: Progress = { step: () => undefined, within: () => undefined };

/** Returns the settings for calls within this process. */
export function configFor(dataDir: string, env: Record<string, string> = {}): Config {
  const loaded = loadConfig({
    PARLEY_DATA: dataDir,
    PORT: '0',
    RATE_LIMITS: 'off',
    LINK_PREVIEWS: 'off',
    ...env,
  });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  return loaded.config;
}

/** Queries a running database. */
export async function ask<Row extends pg.QueryResultRow>(
  connection: Embedded['connection'] | string,
  sql: string,
  values: unknown[] = [],
): Promise<Row[]> {
  const client = new pg.Client(
    typeof connection === 'string' ? { connectionString: connection } : connection,
  );
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<Row>(sql, values)).rows;
  } finally {
    await client.end();
  }
}

/** Returns the connection of the server that runs on a data folder. */
export function connectionOf(dataDir: string): Embedded['connection'] {
  const connection = runningEmbedded(dataDir);
  if (connection === undefined) throw new Error(`No database runs on ${dataDir}`);
  return connection;
}

/** Returns a digest of each stream up to the given heads: SHA-256 over its events in order. */
export async function streamDigests(
  connection: Embedded['connection'] | string,
  heads?: Readonly<Record<string, number>>,
): Promise<Record<string, { head: number; digest: string }>> {
  const rows = await ask<{ id: string; head: string; digest: string }>(
    connection,
    `select s.id, coalesce(max(e.seq), 0) as head,
       encode(sha256(convert_to(coalesce(string_agg(
         concat_ws('|', e.seq, e.type, e.actor_id, e.client_id, e.at at time zone 'UTC', e.data::text),
         E'\\n' order by e.seq), ''), 'UTF8')), 'hex') as digest
     from streams s
     left join events e on e.stream_id = s.id
       and ($1::jsonb is null or e.seq <= coalesce(($1::jsonb ->> s.id::text)::bigint, 0))
     where $1::jsonb is null or $1::jsonb ? s.id::text
     group by s.id order by s.id`,
    [heads === undefined ? null : JSON.stringify(heads)],
  );
  return Object.fromEntries(
    rows.map(({ id, head, digest }) => [id, { head: Number(head), digest }]),
  );
}

/** Copies a backup with other entries; undefined removes one. */
export async function rewriteBackup(
  from: string,
  to: string,
  change: (name: string, content: Buffer) => { name: string; content: Buffer | string } | undefined,
): Promise<void> {
  const entries = extract();
  const archive = pack();
  const reading = pipeline(createReadStream(from), createGunzip(), entries);
  const writing = pipeline(archive, createGzip(), createWriteStream(to));
  for await (const entry of entries) {
    const pieces: Buffer[] = [];
    for await (const piece of entry) pieces.push(piece as Buffer);
    const changed = change(entry.header.name, Buffer.concat(pieces));
    if (changed !== undefined) archive.entry({ name: changed.name }, changed.content);
  }
  archive.finalize();
  await Promise.all([reading, writing]);
}

/** Inserts many events into a conversation’s stream, so that copying them takes time. */
export async function fillStream(
  connection: Embedded['connection'] | string,
  count: number,
): Promise<void> {
  await ask(
    connection,
    `with s as (
       insert into streams (id, kind, last_seq) values (gen_random_uuid(), 'conversation', $1::bigint)
       returning id)
     insert into events (stream_id, seq, type, actor_id, client_id, at, data)
     select s.id, n, 'message.posted', s.id, gen_random_uuid(), now(),
            json_build_object('body', md5(n::text) || md5((n + 1)::text) || repeat(' word', 20))
     from s, generate_series(1, $1::bigint) n`,
    [count],
  );
}

/** Waits until the events of a database are being copied, out of it or into it. */
export function eventsAreCopied(connection: Embedded['connection'], url: string): Promise<void> {
  return eventually(async () => {
    const [row] = await ask<{ busy: boolean }>(
      connection,
      `select exists (select from pg_stat_activity
         where datname = $1 and query like 'copy "events"%') as busy`,
      [new URL(url).pathname.slice(1)],
    );
    return row?.busy === true;
  }, 'events being copied');
}

/** Waits for a condition as long as a process takes to start on a busy machine. */
export async function eventually(
  condition: () => boolean | Promise<boolean>,
  what: string,
): Promise<void> {
  if (!(await waitUntil(condition, 45_000))) throw new Error(`Timed out waiting for: ${what}`);
}
