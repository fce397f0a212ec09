import type { StreamId } from '@parley/protocol';
import type pg from 'pg';
import { PROJECTIONS } from '../projections.ts';
import { Projections } from '../stream/projections.ts';
import { accountProjections } from './accounts.ts';
import { compareTables } from './compare.ts';
import { type Finding, FindingList } from './findings.ts';
import { LogWalk } from './log.ts';
import { writeRepair } from './repair.ts';
import { schemaOf, withSession } from './session.ts';
import { makeShadows } from './shadow.ts';
import { lookAtWhole, streamsOfCursors } from './state.ts';

export { FINDINGS, type Finding, type FindingKind, type Place } from './findings.ts';

/** What a repair came to. */
export interface Repair {
  /** What was wrong before. */
  readonly found: readonly Finding[];
  /** What is wrong still: it cannot be put right from the events. */
  readonly left: readonly Finding[];
}

/**
 * Compares the tables with the events, and the log with its own rules; an empty answer says that
 * all is well.
 *
 * 1. It changes nothing, and takes no locks that anybody would wait for: a server on the same
 *    database goes on. What it sees is of one moment.
 * 2. Memory stays bounded however long the log is; the database wants room, for the time being, for
 *    one more copy of the tables.
 */
export async function examine(pool: pg.Pool): Promise<Finding[]> {
  return (await examination(pool)).findings;
}

/**
 * Puts right what follows from the events: rows of tables, the heads of streams, read cursors that
 * stand outside their conversation. All in one transaction, under the locks of the streams that it
 * is about: commands to those streams wait meanwhile.
 *
 * Nothing is changed of a stream whose own log is damaged: the tables may hold the only trace of
 * what the log has lost.
 */
export async function repair(pool: pg.Pool): Promise<Repair> {
  const { findings: found, streams } = await examination(pool);
  if (streams.length === 0) return { found, left: found };
  await withSession(pool, async (client) => {
    const schema = await schemaOf(client);
    await makeShadows(client, schema);
    // Each statement sees what was committed before it: nobody else changes a locked stream.
    await client.query('begin');
    await client.query('select from streams where id = any($1::uuid[]) order by id for update', [
      streams,
    ]);
    const walk = new LogWalk(client, allProjections(), new FindingList());
    await walk.run(streams);
    const sound = streams.filter((stream) => !walk.damaged.has(stream));
    await writeRepair(client, schema, sound, [...walk.behind]);
    await client.query('commit');
  });
  return { found, left: await examine(pool) };
}

async function examination(
  pool: pg.Pool,
): Promise<{ findings: Finding[]; streams: readonly StreamId[] }> {
  return withSession(pool, async (client) => {
    const found = new FindingList();
    const schema = await schemaOf(client);
    await makeShadows(client, schema);
    // Read only: temporary tables may be written all the same, and nothing else can be.
    await client.query('begin isolation level repeatable read, read only');
    const walk = new LogWalk(client, allProjections(), found);
    await walk.run();
    const streams = await compareTables(client, schema, walk.damaged, found);
    await lookAtWhole(client, schema, found);
    for (const stream of walk.behind) streams.add(stream);
    for (const stream of await streamsOfCursors(client, schema)) streams.add(stream);
    await client.query('rollback');
    return { findings: found.all, streams: [...streams] };
  });
}

const allProjections = () => new Projections(...PROJECTIONS, accountProjections);
