import type { StreamId } from '@parley/protocol';
import type pg from 'pg';
import { PROJECTIONS } from '../event-types/projections.ts';
import type { FileStore } from '../files/file-store.ts';
import { checkIndex, prepareIndexCheck } from '../search/check.ts';
import { emptyIndex } from '../search/segment-store.ts';
import { withTransaction } from '../storage/database.ts';
import { Projections } from '../stream/projections.ts';
import { compareTables } from './compare.ts';
import { checkFiles } from './files.ts';
import { type Finding, FindingList } from './findings.ts';
import { LogWalk } from './log.ts';
import { writeRepair } from './repair.ts';
import { schemaOf, withSession } from './session.ts';
import { makeShadows } from './shadow.ts';
import { checkWhole, streamsOfCursors } from './state.ts';

export type { Finding } from './findings.ts';

/** The result of a repair. */
export interface Repair {
  /** The findings before the repair. */
  readonly found: readonly Finding[];
  /** The findings after it, which cannot be repaired from the events. */
  readonly left: readonly Finding[];
}

/**
 * Compares the tables with the events, and checks the log itself. Returns no findings when all is
 * well.
 *
 * 1. It changes nothing and reads the tables from one snapshot.
 * 2. Memory is bounded, regardless of the length of the log. The database temporarily needs space for
 *    one more copy of the tables.
 * 3. With the file store it also reads all file contents, outside of that snapshot. For each content in the
 *    store it takes the lock of `lockDigest` for one statement; no other lock is one that a running server
 *    waits for.
 */
export async function examine(pool: pg.Pool, store?: FileStore): Promise<Finding[]> {
  return (await examination(pool, store)).findings;
}

/**
 * Repairs what follows from the events: table rows, the heads of streams, and read cursors outside
 * their conversation; and empties a damaged search index, which the server fills again. It runs in one transaction that locks the streams concerned, so commands to
 * those streams wait.
 *
 * A stream whose log is damaged is not touched: the tables may hold the only trace of what the log
 * has lost.
 */
export async function repair(pool: pg.Pool, store?: FileStore): Promise<Repair> {
  const { findings: found, streams } = await examination(pool, store);
  if (found.some(({ kind }) => kind === 'index_incomplete' || kind === 'index_differs')) {
    // The server fills it again, in the background.
    await withTransaction(pool, emptyIndex);
  } else if (streams.length === 0) return { found, left: found };
  await withSession(pool, async (client) => {
    const schema = await schemaOf(client);
    await makeShadows(client, schema);
    // Read committed is enough: no other transaction changes a locked stream.
    await client.query('begin');
    await client.query('select from streams where id = any($1::uuid[]) order by id for update', [
      streams,
    ]);
    const walk = new LogWalk(client, new Projections(PROJECTIONS), new FindingList());
    await walk.run(streams);
    const sound = streams.filter((stream) => !walk.damaged.has(stream));
    await writeRepair(client, schema, sound, [...walk.behind]);
    await client.query('commit');
  });
  return { found, left: await examine(pool, store) };
}

async function examination(
  pool: pg.Pool,
  store: FileStore | undefined,
): Promise<{ findings: Finding[]; streams: readonly StreamId[] }> {
  const findings = new FindingList();
  if (store) await checkFiles(pool, store, findings);
  return withSession(pool, async (client) => {
    const schema = await schemaOf(client);
    await makeShadows(client, schema);
    await prepareIndexCheck(client);
    // A read-only transaction can write temporary tables, and nothing else.
    await client.query('begin isolation level repeatable read, read only');
    const walk = new LogWalk(client, new Projections(PROJECTIONS), findings);
    await walk.run();
    const streams = await compareTables(client, schema, walk.damaged, findings);
    await checkWhole(client, schema, findings);
    await checkIndex(client, ({ kind, conversation, seq }) => {
      const name = kind === 'missing' ? 'index_incomplete' : 'index_differs';
      findings.add(name, 'search_segments', { key: { conversation, seq } }, { repairable: true });
    });
    for (const stream of walk.behind) streams.add(stream);
    for (const stream of await streamsOfCursors(client, schema)) streams.add(stream);
    await client.query('rollback');
    return { findings: findings.all, streams: [...streams] };
  });
}
