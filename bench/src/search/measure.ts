import { setTimeout as pause } from 'node:timers/promises';
import type { Pool } from 'pg';
import pg from 'pg';
import { startCluster } from '../load/cluster.ts';
import { group, type User, users } from '../load/setup.ts';
import { AUTHORS, type CorpusMessage, corpus, GROUPS, readLogs } from './corpus.ts';
import { figures } from './figures.ts';
import { insertMessages } from './insert.ts';
import { type BenchQuery, Sample } from './queries.ts';

/** Messages inserted at a time. */
const BATCH = 5_000;
/** The reader is in this share of the groups: what is in the others must not cost much. */
const READ_GROUPS = 45;
const INDEX_TABLES = ['search_segments', 'search_postings', 'search_progress', 'search_stale'];

/**
 * Measures searches: fills a server with messages, waits until they are indexed, and sends each query some
 * times, one after the other. `logs` are chat logs whose lines are varied; without them, words are made up.
 */
export async function measureSearch(
  count: number,
  logs: readonly string[],
  rounds: number,
): Promise<void> {
  const texts = readLogs(logs);
  const cluster = await startCluster(1);
  const pool = new pg.Pool({ connectionString: cluster.databaseUrl, max: 2 });
  try {
    const all = await users(cluster.urls[0] as string, AUTHORS);
    const [reader, ...others] = all as [User, ...User[]];
    const groups: string[] = [];
    for (let n = 0; n < GROUPS; n++) {
      const members = n < READ_GROUPS ? all : others;
      groups.push(await group(`Search ${n}`, members));
    }
    const sample = await timed(`${count} messages inserted`, () =>
      insert(pool, count, texts, groups, all),
    );
    await timed('all of them indexed', () => indexed(pool));
    await timed('vacuumed', () => pool.query('vacuum analyze'));
    await printSizes(pool, count);
    await ask(reader, sample.queries(), rounds);
    await askNames(reader, rounds);
  } finally {
    await pool.end();
    await cluster.stop();
  }
}

async function timed<T>(what: string, run: () => Promise<T>): Promise<T> {
  const startedAt = performance.now();
  const result = await run();
  console.log(`${what}: ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
  return result;
}

/** Inserts the messages with their events, as commands would have, and returns a sample of them. */
async function insert(
  pool: Pool,
  count: number,
  texts: readonly string[],
  groups: readonly string[],
  authors: readonly User[],
): Promise<Sample> {
  const sample = new Sample();
  const seqs = new Map<string, number>();
  const { rows } = await pool.query<{ id: string; seq: string }>(
    'select id, last_seq as seq from streams where id = any($1::uuid[])',
    [groups],
  );
  for (const { id, seq } of rows) seqs.set(id, Number(seq));
  let batch: (CorpusMessage & { id: string; seq: number })[] = [];
  let n = 0;
  for (const message of corpus(count, texts)) {
    const id = groups[message.group] as string;
    const seq = (seqs.get(id) ?? 0) + 1;
    seqs.set(id, seq);
    batch.push({ ...message, id, seq });
    // Spread over all times, with all that is rare in a part of them.
    if (Math.floor(n / 1_000) % Math.max(1, Math.floor(count / 60_000)) === 0) sample.add(message);
    n++;
    if (batch.length === BATCH || n === count) {
      await insertMessages(pool, batch, authors);
      batch = [];
    }
  }
  await pool.query(
    `update streams s set last_seq = n.seq
     from unnest($1::uuid[], $2::int8[]) n (id, seq) where s.id = n.id`,
    [[...seqs.keys()], [...seqs.values()]],
  );
  return sample;
}

/** Waits until the index has all events, and small segments are merged. */
async function indexed(pool: Pool): Promise<void> {
  for (let segments = 0; ; ) {
    const { rows } = await pool.query<{ behind: number; segments: number }>(
      `select (select count(*)::int from streams s
               left join search_progress p on p.conversation_id = s.id
               where s.kind = 'conversation' and s.last_seq > coalesce(p.seq, 0)) as behind,
              (select count(*)::int from search_segments) as segments`,
    );
    const now = rows[0] ?? { behind: 1, segments: 0 };
    if (now.behind === 0 && now.segments === segments) return;
    segments = now.segments;
    await pause(5_000);
  }
}

async function printSizes(pool: Pool, count: number): Promise<void> {
  const { rows } = await pool.query<{ name: string; bytes: string }>(
    'select name, pg_total_relation_size(name::regclass) as bytes from unnest($1::text[]) name',
    [INDEX_TABLES],
  );
  const total = rows.reduce((sum, row) => sum + Number(row.bytes), 0);
  console.log(`index: ${(total / count).toFixed(1)} bytes a message`);
  for (const { name, bytes } of rows)
    console.log(`  ${name}: ${(Number(bytes) / count).toFixed(1)}`);
  const { rows: segments } = await pool.query<{ n: string }>(
    'select count(*) as n from search_segments',
  );
  console.log(`segments: ${segments[0]?.n}`);
}

async function ask(reader: User, queries: readonly BenchQuery[], rounds: number): Promise<void> {
  const times = new Map<string, number[]>();
  const search = async ({ text, sort }: BenchQuery) => {
    const startedAt = performance.now();
    await reader.api.searchMessages({ query: text, ...(sort && { sort }) });
    return performance.now() - startedAt;
  };
  const cold: number[] = [];
  for (const query of queries) cold.push(await search(query));
  const all: { ms: number; query: BenchQuery }[] = [];
  for (let round = 0; round < rounds; round++) {
    for (const query of queries) {
      const ms = await search(query);
      all.push({ ms, query });
      times.set(query.kind, [...(times.get(query.kind) ?? []), ms]);
    }
  }
  console.log(`\n${queries.length} queries, ${rounds} rounds          p50 ms   p95 ms   max ms`);
  for (const [kind, its] of times) console.log(`  ${kind.padEnd(24)} ${figures(its)}`);
  console.log(`  ${'all'.padEnd(24)} ${figures(all.map(({ ms }) => ms))}`);
  console.log(`  ${'all, the first time'.padEnd(24)} ${figures(cold)}`);
  const slowest = all.sort((a, b) => b.ms - a.ms).slice(0, 5);
  for (const { ms, query } of slowest) console.log(`  slow: ${ms.toFixed(0)} ms ${query.text}`);
}

async function askNames(reader: User, rounds: number): Promise<void> {
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    for (const text of ['load', 'Load 1', 'laod', 'search 4', 'zzzz', '']) {
      const startedAt = performance.now();
      await reader.api.searchNames(text);
      times.push(performance.now() - startedAt);
    }
  }
  console.log(`  ${'names'.padEnd(24)} ${figures(times)}`);
}
