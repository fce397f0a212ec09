import { connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import type pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startTestCluster, type TestCluster, testLog } from '../../test/support/database.ts';
import {
  CommitOutcomeUnknown,
  type Database,
  isConnectionError,
  NotCommitted,
  openDatabase,
  withPipelinedTransaction,
  withTransaction,
} from './database.ts';
import type { Pipeline } from './pipeline.ts';
import { waitUntil } from './processes.ts';

let cluster: TestCluster;
let database: Database;
let address: { host: string; port: number; user: string; database: string };
let observer: Database;

beforeAll(async () => {
  cluster = await startTestCluster();
});
afterAll(() => cluster.stop());
beforeEach(async () => {
  const fresh = await cluster.fresh({ migrated: false });
  address = fresh.address;
  database = await fresh.open({ pipelined: false });
  observer = await fresh.open({ pipelined: false });
  // A row with "slow" delays COMMIT while another session holds lock 1.
  await observer.pool.query(`
    create table notes (id int primary key, body text unique deferrable initially deferred);
    create function wait() returns trigger language plpgsql as $$
      begin
        if new.body = 'slow' then perform pg_advisory_xact_lock(1); end if;
        return null;
      end $$;
    create constraint trigger wait after insert on notes
      deferrable initially deferred for each row execute function wait();
  `);
});

const insert = (id: number, body: string) => (client: pg.PoolClient) =>
  client.query('insert into notes values ($1, $2)', [id, body]);

const storedIds = async () =>
  (await observer.pool.query('select id from notes order by id')).rows.map((row) => row.id);

const backend = async (client: pg.PoolClient): Promise<number> =>
  (await client.query('select pg_backend_pid() as pid')).rows[0].pid;

describe('withTransaction', () => {
  test('returns after the commit, and releases the connection', async () => {
    expect(await withTransaction(database.pool, async () => 'done')).toBe('done');
    await withTransaction(database.pool, insert(1, 'one'));
    expect(await storedIds()).toEqual([1]);
    expect(database.pool.idleCount).toBe(database.pool.totalCount);
  });

  test('rethrows an error of the database and keeps the connection, which is clean', async () => {
    await withTransaction(database.pool, insert(1, 'one'));
    const failing = withTransaction(database.pool, async (client) => {
      await insert(2, 'two')(client);
      await insert(1, 'again')(client);
    });
    await expect(failing).rejects.toMatchObject({ code: '23505' });
    expect(database.pool.totalCount).toBe(1);
    expect(await storedIds()).toEqual([1]);
  });

  test('rethrows the caller’s error, and destroys the connection', async () => {
    const failing = withTransaction(database.pool, async (client) => {
      await insert(1, 'one')(client);
      throw new RangeError('a mistake of ours');
    });
    await expect(failing).rejects.toThrow(RangeError);
    expect(database.pool.totalCount).toBe(0);
    expect(await storedIds()).toEqual([]);
  });

  test('rethrows a rejection at COMMIT: the outcome is known', async () => {
    await withTransaction(database.pool, insert(1, 'one'));
    const failing = withTransaction(database.pool, insert(2, 'one'));
    await expect(failing).rejects.toMatchObject({ code: '23505' });
    expect(database.pool.totalCount).toBe(1);
  });

  test('throws NotCommitted when a failed statement was overlooked', async () => {
    const failing = withTransaction(database.pool, async (client) => {
      await insert(1, 'one')(client);
      await client.query('select 1 / 0').catch(() => undefined);
    });
    await expect(failing).rejects.toThrow(NotCommitted);
    expect(await storedIds()).toEqual([]);
  });

  test('throws NotCommitted when the connection is lost before COMMIT', async () => {
    const failing = withTransaction(database.pool, async (client) => {
      await insert(1, 'one')(client);
      await observer.pool.query('select pg_terminate_backend($1)', [await backend(client)]);
      await client.query('select 1');
    });
    await expect(failing).rejects.toThrow(NotCommitted);
    await expect(failing).rejects.toSatisfy(isConnectionError);
    expect(await storedIds()).toEqual([]);
    // The pool continues with a new connection.
    await withTransaction(database.pool, insert(1, 'one'));
  });

  test('throws NotCommitted when there is no database to connect to', async () => {
    const own = await openDatabase(address, testLog);
    await own.close();
    await expect(withTransaction(own.pool, insert(1, 'one'))).rejects.toThrow(NotCommitted);
  });

  test('throws CommitOutcomeUnknown when the connection is lost during COMMIT', async () => {
    const holder = await observer.pool.connect();
    await holder.query('select pg_advisory_lock(1)');
    let pid = 0;
    const failing = withTransaction(database.pool, async (client) => {
      await insert(1, 'slow')(client);
      pid = await backend(client);
    });
    const caught = failing.catch((error: unknown) => error);
    const committing = await waitUntil(async () => {
      const { rows } = await observer.pool.query(
        `select 1 from pg_stat_activity where pid = $1 and query = 'commit' and wait_event = 'advisory'`,
        [pid],
      );
      return rows.length === 1;
    }, 10_000);
    expect(committing).toBe(true);

    await observer.pool.query('select pg_terminate_backend($1)', [pid]);

    expect(await caught).toBeInstanceOf(CommitOutcomeUnknown);
    expect(isConnectionError(await caught)).toBe(true);
    expect(database.pool.totalCount).toBe(0);
    holder.release(true);
  });

  test('throws CommitOutcomeUnknown when COMMIT arrives but its answer does not, and it is stored', async () => {
    const proxy = await cutAfterCommit(cluster);
    const through = await openDatabase(
      { ...address, host: '127.0.0.1', port: proxy.port },
      testLog,
    );

    await expect(withTransaction(through.pool, insert(1, 'one'))).rejects.toThrow(
      CommitOutcomeUnknown,
    );

    expect(await waitUntil(async () => (await storedIds()).length === 1, 10_000)).toBe(true);
    await through.close();
    await proxy.close();
  });

  test('throws CommitOutcomeUnknown when the whole database dies during COMMIT', async () => {
    const holder = await observer.pool.connect();
    await holder.query('select pg_advisory_lock(1)');
    const failing = withTransaction(database.pool, insert(1, 'slow'));
    const caught = failing.catch((error: unknown) => error);
    const committing = await waitUntil(async () => {
      const { rows } = await observer.pool.query(
        `select 1 from pg_stat_activity
         where datname = current_database() and query = 'commit' and wait_event = 'advisory'`,
      );
      return rows.length === 1;
    }, 10_000);
    expect(committing).toBe(true);

    const before = cluster.embedded.pid;
    process.kill(before, 'SIGKILL');

    expect(await caught).toBeInstanceOf(CommitOutcomeUnknown);
    holder.release(true);
    expect(await waitUntil(() => cluster.embedded.pid !== before, 20_000)).toBe(true);
    expect(await storedIds()).toEqual([]);
  });
});

describe('withPipelinedTransaction', () => {
  let pipelined: Database;
  beforeEach(async () => {
    pipelined = await openDatabase(address, testLog, { pipelined: true });
    return () => pipelined.close();
  });

  const INSERT = 'insert into notes values ($1, $2)';

  /** Inserts rows without waiting for any answer. */
  const inserts =
    (...rows: readonly (readonly [number, string])[]) =>
    async (pipeline: Pipeline) => {
      for (const row of rows) pipeline.issue('insert', INSERT, row);
      return 'done';
    };

  test('returns after the commit, and releases the connection', async () => {
    expect(await withPipelinedTransaction(pipelined.pool, inserts([1, 'a'], [2, 'b']))).toBe(
      'done',
    );
    expect(await storedIds()).toEqual([1, 2]);
    expect(pipelined.pool.idleCount).toBe(pipelined.pool.totalCount);
  });

  test('stores nothing if one of the statements fails, and throws its error', async () => {
    const failing = withPipelinedTransaction(
      pipelined.pool,
      inserts([1, 'a'], [1, 'again'], [2, 'b']),
    );
    await expect(failing).rejects.toMatchObject({ code: '23505' });
    expect(await storedIds()).toEqual([]);
    // The connection is clean.
    expect(pipelined.pool.totalCount).toBe(1);
    await withPipelinedTransaction(pipelined.pool, inserts([1, 'a']));
    expect(await storedIds()).toEqual([1]);
  });

  test('rethrows a rejection at COMMIT: the outcome is known', async () => {
    const failing = withPipelinedTransaction(pipelined.pool, inserts([1, 'one'], [2, 'one']));
    await expect(failing).rejects.toMatchObject({ code: '23505' });
    expect(await storedIds()).toEqual([]);
    expect(pipelined.pool.totalCount).toBe(1);
  });

  test('does not commit when a statement could not be sent', async () => {
    const circular: { self?: unknown } = {};
    circular.self = circular;
    const failing = withPipelinedTransaction(pipelined.pool, async (pipeline) => {
      await inserts([1, 'a'])(pipeline);
      pipeline.issue('insert', INSERT, [2, circular]);
    });
    await expect(failing).rejects.toThrow(/circular/);
    expect(await storedIds()).toEqual([]);
  });

  test('rethrows the caller’s error, and rolls back', async () => {
    const failing = withPipelinedTransaction(pipelined.pool, async (pipeline) => {
      await pipeline.query('insert', INSERT, [1, 'a']);
      throw new RangeError('a mistake of ours');
    });
    await expect(failing).rejects.toThrow(RangeError);
    expect(await storedIds()).toEqual([]);
    expect(pipelined.pool.totalCount).toBe(0);
  });

  test('throws NotCommitted when the connection is lost before COMMIT', async () => {
    const failing = withPipelinedTransaction(pipelined.pool, async (pipeline) => {
      await pipeline.query('insert', INSERT, [1, 'one']);
      const [row] = await pipeline.query<{ pid: number }>(
        'pid',
        'select pg_backend_pid() as pid',
        [],
      );
      await observer.pool.query('select pg_terminate_backend($1)', [row?.pid]);
      await pipeline.query('one', 'select 1', []);
    });
    await expect(failing).rejects.toThrow(NotCommitted);
    expect(await storedIds()).toEqual([]);
  });

  test('throws CommitOutcomeUnknown when COMMIT was sent and no answer arrives', async () => {
    const proxy = await cutAfterCommit(cluster);
    const through = await openDatabase(
      { ...address, host: '127.0.0.1', port: proxy.port },
      testLog,
      { pipelined: true },
    );
    await expect(withPipelinedTransaction(through.pool, inserts([1, 'one']))).rejects.toThrow(
      CommitOutcomeUnknown,
    );
    expect(await waitUntil(async () => (await storedIds()).length === 1, 10_000)).toBe(true);
    await through.close();
    await proxy.close();
  });

  test('plans prepared statements once', async () => {
    const { rows } = await pipelined.pool.query('show plan_cache_mode');
    expect(rows).toEqual([{ plan_cache_mode: 'force_generic_plan' }]);
  });
});

/** A proxy to the cluster that forwards COMMIT and drops everything that follows from the server. */
async function cutAfterCommit({ embedded }: TestCluster): Promise<{
  port: number;
  close(): Promise<void>;
}> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((client) => {
    const upstream = connect(
      join(embedded.connection.host, `.s.PGSQL.${embedded.connection.port}`),
    );
    sockets.add(client).add(upstream);
    for (const socket of [client, upstream]) socket.on('error', () => socket.destroy());
    client.on('data', (data) => {
      if (data.includes('commit\0')) {
        // The response is dropped; closing the client side first would cancel the COMMIT.
        upstream.removeAllListeners('data');
        upstream.write(data, () => client.destroy());
      } else {
        upstream.write(data);
      }
    });
    upstream.on('data', (data) => client.write(data));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('no port');
  return {
    port: bound.port,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
