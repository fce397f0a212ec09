import pg from 'pg';
import { startCluster } from '../load/cluster.ts';
import { insertMembers, type User, users } from '../load/setup.ts';
import { figures } from './figures.ts';

const USERS = 10_000;
const GROUPS = 2_000;
/** Groups that are created at a time. */
const AT_ONCE = 20;
/** The default group, with all users. */
const EVERYONE = '00000000-0000-7000-8000-000000000002';

const FIRST =
  'Anna Ben Carla David Elena Farid Greta Hugo Ines Jonas Katharina Liam Maria Noah Olga Paul Rosa Samuel Tara Viktor'.split(
    ' ',
  );
const SECOND =
  'Smith Müller Garcia Rossi Novak Tanaka Haddad Larsen Kowalski Ferreira Okafor Dubois Schneider Ivanova Nguyen Silva'.split(
    ' ',
  );
const TOPICS = 'team project release support design office'.split(' ');

const NAMES = Array.from(
  { length: USERS },
  (_, n) => `${FIRST[n % FIRST.length]} ${SECOND[Math.floor(n / 7) % SECOND.length]} ${n}`,
);

/** What is typed: prefixes, parts of words, several words, misspellings, and what does not exist. */
const TYPED =
  ' |a|an|ann|anna|anna s|anna smi|mü|müller|mueller|kath|katharina now|aria|ohn|viktor ng|viktor nguyen 9|user-77|user-9999|tanka|katarina|schnieder|zzzz|qxv|team|team 1|release 99|x|1|99'.split(
    '|',
  );

/**
 * Measures suggestions of mentions and the names of the quick switcher over REST, with 10,000 users and 2,000 groups, one
 * request after the other.
 */
export async function measureNames(rounds: number): Promise<void> {
  const cluster = await startCluster(1);
  const pool = new pg.Pool({ connectionString: cluster.databaseUrl, max: 2 });
  try {
    const [me, other] = (await users(cluster.urls[0] as string, 2)) as [User, User];
    await insertMembers(pool, EVERYONE, NAMES);
    const small = await addGroups(me, other);
    await pool.query('vacuum analyze');
    console.log(`\n${USERS} users, ${GROUPS} groups           p50 ms   p95 ms   max ms`);
    const suggest = (id: string) => (search: string) =>
      me.api.mentionSuggestions(id as never, { search });
    const requests: [string, (text: string) => Promise<unknown>][] = [
      ['mentions in a group of all', suggest(EVERYONE)],
      ['mentions in a small group', suggest(small)],
      ['quick switcher', (text) => me.api.searchNames(text, { limit: 12 })],
    ];
    for (const [name, request] of requests) {
      const times: { ms: number; text: string }[] = [];
      // The first round warms up.
      for (let round = 0; round <= rounds; round++) {
        for (const text of TYPED) {
          const startedAt = performance.now();
          await request(text.trim());
          if (round > 0) times.push({ ms: performance.now() - startedAt, text });
        }
      }
      console.log(`  ${name.padEnd(28)} ${figures(times.map(({ ms }) => ms))}`);
      const slowest = times.sort((a, b) => b.ms - a.ms).slice(0, 3);
      for (const { ms, text } of slowest) console.log(`    slow: ${ms.toFixed(1)} ms ${text}`);
    }
  } finally {
    await pool.end();
    await cluster.stop();
  }
}

/** Creates public groups, half of them those of the user who types. Returns the first one. */
async function addGroups(me: User, other: User): Promise<string> {
  const ids: string[] = [];
  for (let n = 0; n < GROUPS; n += AT_ONCE) {
    const some = Array.from({ length: AT_ONCE }, (_, i) =>
      (i % 2 === 0 ? me : other).api.createGroup({
        name: `${TOPICS[(n + i) % TOPICS.length]} ${n + i}`,
        visibility: 'public',
        members: [],
      }),
    );
    ids.push(...(await Promise.all(some)).map(({ id }) => id));
  }
  return ids[0] as string;
}
