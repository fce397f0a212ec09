import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { ConversationId } from '@parley/protocol';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Balancer } from './support/balancer.ts';
import { type Child, startExample } from './support/child.ts';
import { startTestCluster, type TestCluster } from './support/database.ts';
import { startTestServer, type TestServer, type User } from './support/server.ts';

/** The SDK’s example bot, run as a separate program against a real server, and killed. */

let cluster: TestCluster;
let server: TestServer;
let folder: string;
/** The service account of the bot. */
let echo: { readonly id: string; readonly apiKey: string };

beforeAll(async () => {
  cluster = await startTestCluster();
  server = await startTestServer(cluster);
  folder = mkdtempSync(join(tmpdir(), 'parley-echo-'));
  const owner = await server.register('owner');
  const create = async (path: string, body: object) => {
    const created = await owner.request('POST', path, body);
    expect(created.status).toBe(201);
    return created.body;
  };
  const accounts = '/admin/service-accounts';
  const { id } = await create(accounts, { username: 'echo', displayName: 'Echo' });
  const scopes = ['users:read', 'conversations:read', 'messages:read', 'messages:write'];
  const { key: apiKey } = await create(`${accounts}/${id}/keys`, { name: 'echo.mjs', scopes });
  echo = { id, apiKey };
});
afterAll(async () => {
  await server?.stop();
  await cluster?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const startEcho = (): Child =>
  startExample('echo.mjs', [server.url, folder], { PARLEY_API_KEY: echo.apiKey });

async function directWithEcho(user: User): Promise<ConversationId> {
  const made = await user.request('POST', '/conversations/direct', { account: echo.id });
  expect(made.status).toBeLessThan(300);
  return made.body.id;
}

/** The messages of a conversation in order, separated into those of the user and of the bot. */
async function conversationSoFar(
  conversation: ConversationId,
): Promise<{ asked: string[]; echoed: string[] }> {
  const { rows } = await server.pool.query(
    'select author_id, body from messages where conversation_id = $1 order by seq',
    [conversation],
  );
  const bodies = (by: (author: string) => boolean) =>
    rows.filter((r) => by(r.author_id)).map((r) => r.body as string);
  return { asked: bodies((a) => a !== echo.id), echoed: bodies((a) => a === echo.id) };
}

test('a bot answers each message exactly once and in order, even if it is killed repeatedly under load', async () => {
  const users = await Promise.all(['ann', 'bob', 'cyd'].map((name) => server.register(name)));
  const conversations = await Promise.all(users.map(directWithEcho));
  let isLoading = true;
  const load = Promise.all(
    users.map(async (user, p) => {
      const conversation = conversations[p] as ConversationId;
      for (let n = 0; isLoading; n++) {
        await user.post(conversation, `${user.name} ${n}`);
        await setTimeout(10);
      }
    }),
  );
  let kills = 0;
  let hasListened = 0;
  // Killed at any moment: before it listens, while it catches up, while it answers.
  for (; kills < 15; kills++) {
    const child = startEcho();
    if (kills % 5 !== 4) {
      await child.line();
      hasListened++;
    }
    await setTimeout(40 * kills);
    if (kills === 7) {
      child.process.kill('SIGTERM');
      expect(await child.ended).toBe(0);
    } else {
      await child.kill();
    }
  }
  isLoading = false;
  await load;
  // More than a page of history, and more than is replayed over the socket.
  const [first] = users;
  const [conversation] = conversations;
  if (!first || !conversation) throw new Error('no user or conversation');
  for (let n = 0; n < 620; n++) await first.post(conversation, `${first.name} missed ${n}`);

  const child = startEcho();
  for (const id of conversations) {
    await expect
      .poll(async () => (await conversationSoFar(id)).echoed.length, {
        timeout: 60_000,
        interval: 250,
      })
      .toBeGreaterThanOrEqual((await conversationSoFar(id)).asked.length);
  }
  // A final message after everything else: any duplicate would be sent before its answer.
  for (const [p, user] of users.entries()) {
    await user.post(conversations[p] as ConversationId, 'the last one');
  }
  for (const id of conversations) {
    await expect
      .poll(async () => (await conversationSoFar(id)).echoed.at(-1), {
        timeout: 30_000,
        interval: 100,
      })
      .toBe('You said: the last one');
  }
  child.process.kill('SIGTERM');
  expect(await child.ended).toBe(0);
  expect(hasListened).toBeGreaterThan(10);
  let total = 0;
  for (const id of conversations) {
    const { asked, echoed } = await conversationSoFar(id);
    expect(echoed).toEqual(asked.map((body) => `You said: ${body}`));
    total += asked.length;
  }
  console.log(`killed ${kills} times, ${total} messages, each answered once`);
}, 240_000);

test('a bot answers mentions in groups, also in threads, and nothing else', async () => {
  const user = await server.register('eve');
  const { body: group } = await user.request('POST', '/conversations', {
    name: 'Questions',
    visibility: 'private',
    members: [echo.id],
  });
  await user.post(group.id, '@echo before the start');
  const child = startEcho();
  await child.line();
  const root = await user.post(group.id, 'not for the bot');
  const reply = { body: '@echo in a thread', thread: root };
  await user.request('POST', `/conversations/${group.id}/messages`, reply);
  await user.post(group.id, '@echo the last one');
  const answers = async () => {
    const { rows } = await server.pool.query(
      'select body, thread::integer as thread from messages where conversation_id = $1 and author_id = $2 order by seq',
      [group.id, echo.id],
    );
    return rows;
  };
  await expect.poll(answers, { timeout: 30_000 }).toEqual([
    { body: 'You said: @echo before the start', thread: null },
    { body: 'You said: @echo in a thread', thread: root },
    { body: 'You said: @echo the last one', thread: null },
  ]);
  child.process.kill('SIGTERM');
  expect(await child.ended).toBe(0);
});

test('the example without the SDK receives and posts each message once, across lost connections', async () => {
  const user = await server.register('fay');
  const { body: group } = await user.request('POST', '/conversations', {
    name: 'Plain',
    visibility: 'private',
    members: [echo.id],
  });
  const network = new Balancer([server.url]);
  const child = startExample('without-sdk.mjs', [await network.listen(), group.id], {
    PARLEY_API_KEY: echo.apiKey,
  });
  try {
    child.process.stdin?.write('first\n');
    const received = [await child.line()];
    for (let n = 0; n < 12; n++) {
      await user.post(group.id, `from the user ${n}`);
      child.process.stdin?.write(`from the program ${n}\n`);
      if (n % 4 === 1) network.cut();
    }
    while (received.length < 25) received.push(await child.line());
    const { rows } = await server.pool.query(
      'select seq, body from messages where conversation_id = $1 order by seq',
      [group.id],
    );
    expect(rows).toHaveLength(25);
    expect(received).toEqual(rows.map(({ seq, body }) => `${group.id} ${seq} ${body}`));
  } finally {
    await child.kill();
    await network.close();
  }
});

test('a second instance on the same folder is rejected while the first one runs', async () => {
  const child = startEcho();
  await child.line();
  const second = startEcho();
  await expect(second.line()).rejects.toThrow(/is held by process/);
  expect(await second.ended).toBe(1);
  child.process.kill('SIGTERM');
  expect(await child.ended).toBe(0);
});
