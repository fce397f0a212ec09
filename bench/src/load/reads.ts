import { type Cluster, startCluster } from './cluster.ts';
import { group, users } from './setup.ts';

const REQUESTS = 2_000;
const AT_ONCE = 8;
const MESSAGES = 500;

/**
 * Measures the processor time of the most frequent reads, node and database separately: an upper
 * bound for what a cache of them could save. The first two lines do not query the database: HTTP
 * alone, and HTTP with the verification of an access token.
 */
export async function measureReads(rounds: number): Promise<void> {
  const cluster = await startCluster(1);
  try {
    const url = cluster.urls[0] as string;
    const all = await users(url, 20);
    const conversation = await group('Reads', all);
    const [first] = all;
    if (!first) return;
    for (let n = 0; n < MESSAGES; n++) await first.api.post(conversation as never, `message ${n}`);
    const token = await first.api.accessToken();
    const routes: [string, string][] = [
      ['HTTP alone', '/health/live'],
      ['HTTP and token, refused before the database', '/api/v1/conversations/none'],
      ['a person', `/api/v1/users/${all[1]?.id}`],
      ['a conversation', `/api/v1/conversations/${conversation}`],
      ['the list of conversations', '/api/v1/conversations'],
      ['50 messages', `/api/v1/conversations/${conversation}/messages?limit=50`],
    ];
    console.log('\nread                                            µs: node  database   (medians)');
    for (const [name, path] of routes) {
      const node: number[] = [];
      const database: number[] = [];
      // The first round warms up the compiler.
      for (let round = 0; round <= rounds; round++) {
        const used = await ask(cluster, new URL(path, url), token);
        if (round > 0) {
          node.push(used.node);
          database.push(used.database);
        }
      }
      const cells = [name.padEnd(47), median(node).padStart(8), median(database).padStart(9)];
      console.log(cells.join(' '));
    }
  } finally {
    await cluster.stop();
  }
}

async function ask(cluster: Cluster, url: URL, token: string) {
  const before = cluster.cpu();
  let next = 0;
  const work = async () => {
    while (next++ < REQUESTS) {
      const answer = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
      await answer.arrayBuffer();
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  const after = cluster.cpu();
  return {
    node: ((after.nodes - before.nodes) * 1e6) / REQUESTS,
    database: ((after.database - before.database) * 1e6) / REQUESTS,
  };
}

function median(values: readonly number[]): string {
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[Math.floor(sorted.length / 2)] ?? Number.NaN).toFixed(0);
}
