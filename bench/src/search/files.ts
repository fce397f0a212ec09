import { setTimeout as pause } from 'node:timers/promises';
import type { Pool } from 'pg';
import pg from 'pg';
import { startCluster } from '../load/cluster.ts';
import { group, type User, users } from '../load/setup.ts';
import { randomOf, wordOf } from './corpus.ts';
import { figures } from './figures.ts';

/** The lengths of the texts, in characters: evenly between these. */
const LENGTH_MIN = 20_000;
const LENGTH_MAX = 164_000;
const WORDS_OF_LINE = 12;
/** Different words of the texts: a word is the rarer the higher its rank. */
const WORDS = 60_000;
/** Users who upload, each of them a file at a time. */
const UPLOADERS = 4;
const INDEXED_MS = 600_000;

/**
 * Measures searches in the texts of files: uploads text files, posts each with a message, waits until they are indexed,
 * and sends queries one after the other. `cli` is the command line of the build to measure.
 */
export async function measureFileTexts(count: number, rounds: number, cli?: string): Promise<void> {
  console.log(`\nSearches in the texts of ${count} files: ${cli ?? 'this build'}`);
  const cluster = await startCluster(1, cli === undefined ? {} : { cli });
  const pool = new pg.Pool({ connectionString: cluster.databaseUrl, max: 2 });
  try {
    const authors = (await users(cluster.urls[0] as string, UPLOADERS)) as [User, ...User[]];
    const id = await group('Files', authors);
    const startedAt = performance.now();
    const characters = await post(count, id, authors);
    await indexed(pool);
    const seconds = (performance.now() - startedAt) / 1000;
    console.log(`  ${characters} characters uploaded and indexed: ${seconds.toFixed(1)} s`);
    await pool.query('vacuum analyze');
    await printSizes(pool, characters);
    await ask(authors[0], rounds);
  } finally {
    await pool.end();
    await cluster.stop();
  }
}

/** Posts messages with a text file each. Returns how many characters the files have. */
async function post(count: number, id: string, authors: readonly User[]): Promise<number> {
  const random = randomOf(11);
  let characters = 0;
  let next = 0;
  const work = async ({ api }: User) => {
    for (let n = next++; n < count; n = next++) {
      const text = textOf(random);
      characters += text.length;
      const { id: file } = await api.upload(new Blob([text]), { name: `notes-${n}.txt` });
      await api.post(id as never, `Notes ${n}`, { attachments: [file] });
    }
  };
  await Promise.all(authors.map(work));
  return characters;
}

/** Returns lines of words, some of them capitalized. */
function textOf(random: () => number): string {
  const length = LENGTH_MIN + Math.floor(random() * (LENGTH_MAX - LENGTH_MIN));
  let text = '';
  for (let n = 0; text.length < length; n++) {
    const word = wordOf(Math.floor(WORDS ** random()) - 1);
    const isFirst = n % WORDS_OF_LINE === 0;
    text += isFirst ? `\n${word[0]?.toUpperCase()}${word.slice(1)}` : ` ${word}`;
  }
  return text.slice(1, length);
}

/** Waits until all files and messages are indexed. */
async function indexed(pool: Pool): Promise<void> {
  for (const end = performance.now() + INDEXED_MS; performance.now() < end; ) {
    const { rows } = await pool.query<{ left: number }>(
      'select count(*)::int as left from files where not text_done',
    );
    if (rows[0]?.left === 0) return;
    await pause(200);
  }
  throw new Error('The files were not indexed in time');
}

async function printSizes(pool: Pool, characters: number): Promise<void> {
  const { rows } = await pool.query<{ table: string; index: string }>(
    `select pg_table_size('file_texts') as table, pg_indexes_size('file_texts') as index`,
  );
  const share = (bytes: string | undefined) => (Number(bytes) / characters).toFixed(2);
  console.log(
    `  bytes a character: ${share(rows[0]?.table)} for texts and keys, ${share(rows[0]?.index)} for indexes`,
  );
}

const phrase = (...ranks: number[]) => ranks.map(wordOf).join(' ');

/** Queries by kind. The word “Notes” is in all messages, and in no file. */
const QUERIES: Readonly<Record<string, readonly string[]>> = {
  'rare word': [55_000, 56_001, 57_002, 58_003].map(wordOf),
  'word of some files': [3_000, 6_000, 9_000].map(wordOf),
  'word of all files': [0, 3, 8].map(wordOf),
  'two words': [phrase(2_000, 7), phrase(5_000, 20), phrase(400, 90), phrase(9_000, 12_000)],
  phrase: [`"${phrase(1, 2)}"`, `"${phrase(30, 4)}"`, `"${phrase(700, 800)}"`],
  'part of a word': [55_000, 3_000].map((rank) => wordOf(rank).slice(1)),
  'message and file': [3, 500, 20_000].map((rank) => `Notes ${wordOf(rank)}`),
  'word excluded': [`Notes -${wordOf(20_000)}`, `${wordOf(3_000)} -${wordOf(400)}`],
  'no hit': ['xqzjv', `xqzjv ${wordOf(2)}`, 'dibakomuzerapi'],
};

async function ask(reader: User, rounds: number): Promise<void> {
  const all: number[] = [];
  console.log(`  ${rounds} rounds             p50 ms   p95 ms   max ms    found`);
  for (const [kind, texts] of Object.entries(QUERIES)) {
    const times: number[] = [];
    let found = 0;
    // The first round warms up.
    for (let round = 0; round <= rounds; round++) {
      for (const query of texts) {
        const startedAt = performance.now();
        const { items } = await reader.api.searchMessages({ query });
        if (round === 0) found += items.length;
        else times.push(performance.now() - startedAt);
      }
    }
    all.push(...times);
    console.log(`  ${kind.padEnd(20)} ${figures(times)} ${String(found).padStart(8)}`);
  }
  console.log(`  ${'all'.padEnd(20)} ${figures(all)}`);
}
