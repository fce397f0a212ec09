import { rmSync } from 'node:fs';
import { type AccountId, type ConversationId, streamOfConversation } from '@parley/protocol';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Child, startServer } from '../../test/support/child.ts';
import { PASSWORD } from '../../test/support/credentials.ts';
import { endPool, startTestCluster, type TestCluster } from '../../test/support/database.ts';
import {
  call,
  registerAt,
  startTestServer,
  type TestServer,
  type User,
} from '../../test/support/server.ts';
import { until } from '../../test/support/sink.ts';
import { makeTempDir } from '../../test/support/temp-dir.ts';
import { ONE_PIXEL, startUpload, uploadFile } from '../../test/support/uploads.ts';
import { EVERYONE } from '../conversations/everyone.ts';
import { examine } from '../doctor/doctor.ts';
import { lastSeenOf, recordLastSeen } from '../status/last-seen.ts';

let cluster: TestCluster;
let server: TestServer;
let owner: User;
beforeAll(async () => {
  cluster = await startTestCluster();
  server = await startTestServer(cluster);
  owner = await server.register('olga');
});
afterAll(async () => {
  await server.stop();
  await cluster.stop();
});

const password = { password: PASSWORD };
const erased = (id: string) =>
  until(
    async () =>
      (
        await server.rows(
          `select 1 from erasures where account_id = '${id}' and done_at is not null`,
        )
      ).length === 1,
    'the erasure to be done',
  );
const bodies = async (conversation: ConversationId, as: User) => {
  const { body } = await as.request('GET', `/conversations/${conversation}/messages?limit=200`);
  return body.items.map((m: { body: string }) => m.body);
};

/** Does what leaves data of an account: once, in a group that several accounts share. */
async function useEverything(user: User, group: ConversationId, theirs: number, poll: number) {
  const path = `/conversations/${group}`;
  const done = async (method: string, at: string, body?: object) => {
    const answer = await user.request(method, at, body);
    expect(answer.status, `${method} ${at} ${JSON.stringify(answer.body)}`).toBeLessThan(300);
  };
  const own = await user.post(group, `a root of ${user.name}`);
  await done('PUT', `${path}/messages/${theirs}/reactions/%F0%9F%91%8D`);
  await done('PUT', `${path}/messages/${own}/pin`);
  await done('PUT', `${path}/messages/${poll}/poll/vote`, { choices: [0] });
  await done('POST', `${path}/messages/${theirs}/report`, { reason: 'spam' });
  await done('POST', `${path}/links`, {});
  const sendAt = new Date(Date.now() + 3_600_000).toISOString();
  await done('POST', '/me/scheduled', { conversation: group, body: 'later', sendAt });
  await done('PUT', `/me/drafts/${group}`, { body: `a draft of ${user.name}` });
  await done('PUT', `${path}/messages/${theirs}/saved`, {});
  await done('PUT', `${path}/messages/${theirs}/thread/follow`);
  const reply = { body: 'a reply', thread: theirs };
  const { seq } = (await owner.request('POST', `${path}/messages`, reply)).body;
  await done('POST', `${path}/messages/${theirs}/thread/read`, { seq });
  await done('PATCH', `/me/notifications/conversations/${group}`, { level: 'mentions' });
  const device = { kind: 'ntfy', url: `https://ntfy.sh/${user.id}`, name: `of ${user.name}` };
  await done('POST', '/me/notifications/devices', device);
  await server.rows(`
    insert into notification_decisions
      (account_id, conversation_id, message_seq, decided_at, reason, badge, in_app)
    values ('${user.id}', '${group}', ${theirs}, now(), 'muted', false, false)
    on conflict do nothing`);
  await server.rows(`
    insert into notification_deliveries (account_id, conversation_id, message_seq, channel)
    values ('${user.id}', '${group}', ${theirs}, 'email')
    on conflict do nothing`);
}
/** The lists of an export, each with one entry of everyone who {@link useEverything}. */
const ONCE =
  'drafts followedThreads threadCursors savedMessages scheduledMessages notificationSettings notificationDevices reports groupLinks reactions pollVotes pins'.split(
    ' ',
  );

describe('the data export', () => {
  test('contains of every kind of data what belongs to the account, and nothing of others', async () => {
    const [ada, ben] = [await server.register('ada'), await server.register('ben')];
    const group = await owner.group('shared', [ada, ben]);
    for (const { id } of [ada, ben]) {
      await owner.request('PATCH', `/conversations/${group}/members/${id}`, { role: 'admin' });
    }
    const theirs = await owner.post(group, 'of the owner');
    const choices = { choices: ['yes', 'no'], isMultiple: false, endsAt: null };
    const poll = await owner.request('POST', `/conversations/${group}/polls`, {
      ...choices,
      question: 'Lunch?',
    });
    for (const user of [ada, ben]) await useEverything(user, group, theirs, poll.body.seq);
    const { body } = await ada.request('POST', '/me/export', password);
    const counts = ONCE.map((name) => [name, body[name].length]);
    expect(Object.fromEntries(counts)).toEqual(Object.fromEntries(ONCE.map((name) => [name, 1])));
    for (const name of ['notificationDecisions', 'notificationDeliveries']) {
      const about = body[name].filter((one: { message: number }) => one.message === theirs);
      expect(about, name).toHaveLength(1);
    }
    const ofConversation = (row: { conversation: string }) => row.conversation === group;
    expect(body.messages.map((m: { body: string }) => m.body)).toEqual(['a root of ada']);
    expect(body.conversations.filter(ofConversation)).toHaveLength(1);
    expect(JSON.stringify(body)).not.toContain('ben');
  });

  test('contains all own messages, including those in groups that were left, and no secrets', async () => {
    const ann = await server.register('ann');
    const group = await ann.group('first', [owner]);
    await ann.post(group, 'mine "quoted" \u{1F44D}');
    await owner.post(group, 'not hers');
    const left = await owner.group('second', [ann]);
    await ann.post(left, 'left behind');
    const first = (await ann.request('GET', `/conversations/${group}/messages`)).body.items[0];
    await ann.request(
      'PUT',
      `/conversations/${group}/messages/${first.seq}/reactions/%F0%9F%91%8D`,
    );
    await ann.request('PUT', `/conversations/${group}/messages/${first.seq}/pin`);
    // The export contains the reply, but not the quoted message of another user.
    const [, theirs] = (await ann.request('GET', `/conversations/${group}/messages`)).body.items;
    await ann.request('PUT', `/me/blocks/${owner.id}`);
    const team = { name: 'the-team', title: 'Team', members: [ann.id] };
    expect((await owner.request('POST', '/admin/user-groups', team)).status).toBe(201);
    const reply = { body: 'a reply', replyTo: theirs.seq };
    await ann.request('POST', `/conversations/${group}/messages`, reply);
    await ann.request('POST', `/conversations/${left}/leave`);
    // Deleted files that a legal hold keeps are not the account's anymore.
    await server.rows(
      `insert into files (id, digest, bytes, name, media_type, uploader_id, created_at, state)
       select gen_random_uuid(), sha256(state::bytea), 3, state || '.txt', 'text/plain', '${ann.id}', now(), state
       from unnest(array['stored', 'held', 'deleting']) state`,
    );
    await owner.request('PATCH', `/conversations/${left}`, { name: 'a later name' });

    const answer = await ann.request('POST', '/me/export', password);
    expect(answer.status, JSON.stringify(answer.body)).toBe(200);
    expect(answer.headers.get('content-disposition')).toContain('attachment');
    const file = answer.body;
    expect(file.account).toMatchObject({ username: 'ann', email: 'ann@example.org' });
    expect(file.messages.map((m: { body: string }) => m.body).sort()).toEqual([
      'a reply',
      'left behind',
      'mine "quoted" \u{1F44D}',
    ]);
    expect(file.messages).toContainEqual(expect.objectContaining(reply));
    expect(file.blockedUsers).toMatchObject([{ account: owner.id }]);
    expect(file.userGroups).toMatchObject([{ name: 'the-team' }]);
    expect(file.reactions).toEqual([{ conversation: group, message: first.seq, emoji: '👍' }]);
    expect(file.pins).toEqual([
      { conversation: group, message: first.seq, pinnedAt: expect.any(String) },
    ]);
    expect(file.conversations.length).toBeGreaterThanOrEqual(3);
    const names = file.conversations.map(({ name }: { name: string | null }) => name);
    expect(names).toContain('first');
    expect(names).not.toContain('a later name');
    expect(file.sessions).toHaveLength(1);
    expect(file.files.map(({ name }: { name: string }) => name)).toEqual(['stored.txt']);
    await server.rows(`delete from files where uploader_id = '${ann.id}'`);
    expect(JSON.stringify(file)).not.toMatch(/argon2|hash|token|sealed|not hers/);
  });

  test('names the messages of the account with a file, and no copies that others forwarded', async () => {
    const uma = await server.register('uma');
    const group = await uma.group('source', [owner]);
    const path = `/conversations/${group}/messages`;
    const file = await uploadFile({ ...uma, url: server.url }, 'uma.txt', Buffer.from('uma'));
    const { body: posted } = await uma.request('POST', path, { body: 'x', attachments: [file] });
    const to = await owner.group('elsewhere');
    const copy = await owner.request('POST', `${path}/${posted.seq}/forward`, { to });
    expect(copy.status).toBe(201);

    const { body } = await uma.request('POST', '/me/export', password);
    expect(body.files).toMatchObject([
      { id: file, messages: [{ conversation: group, message: posted.seq }] },
    ]);
    expect(JSON.stringify(body)).not.toContain(to);
  });

  test('contains every message of many pages', async () => {
    const max = await server.register('max');
    const group = await max.group('long');
    await server.rows(
      `insert into messages (conversation_id, seq, author_id, body, posted_at, changed_seq)
       select '${group}', n, '${max.id}', 'message ' || n, now(), n from generate_series(100, 1700) n`,
    );
    const { body } = await max.request('POST', '/me/export', password);
    expect(body.messages).toHaveLength(1_601);
    expect(new Set(body.messages.map((m: { seq: number }) => m.seq)).size).toBe(1_601);
  });

  test.each([{ password: 'not the password' }, { password: '' }, {}])(
    'is refused without the password: %j',
    async (wrong) => {
      const answer = await owner.request('POST', '/me/export', wrong);
      expect([403, 422]).toContain(answer.status);
      expect(JSON.stringify(answer.body)).not.toContain('olga');
    },
  );
});

describe('a deleted account', () => {
  test('loses access at once, and keeps its messages without its name', async () => {
    const bob = await server.register('bob');
    const group = await owner.group('talk', [bob]);
    await bob.post(group, 'kept');
    const direct = await bob.request('POST', '/conversations/direct', { account: owner.id });
    await bob.post(direct.body.id, 'kept too');
    expect((await bob.request('PUT', `/me/blocks/${owner.id}`)).status).toBe(204);
    const socket = server.peer();
    await socket.hello(bob.accessToken);
    const watcher = server.peer();
    await watcher.hello(owner.accessToken);

    const wrong = { password: 'not the password', messages: 'keep' };
    expect((await bob.request('POST', '/me/delete', wrong)).status).toBe(403);
    const answer = await bob.request('POST', '/me/delete', { ...password, messages: 'keep' });
    expect(answer.status, JSON.stringify(answer.body)).toBe(204);
    expect(await socket.whenClosed()).toBe(4004);
    await watcher.next('event', (e) => e.type === 'user.deleted' && e.data.account === bob.id);
    expect((await bob.request('GET', '/me')).status).toBe(401);
    const renewed = await call(server.url, 'POST', '/auth/token', {
      headers: { authorization: `Bearer ${bob.sessionToken}` },
    });
    expect(renewed.status).toBe(401);
    for (const login of ['bob', 'bob@example.org', `deleted:${bob.id}`]) {
      const again = await call(server.url, 'POST', '/auth/login', { body: { login, ...password } });
      expect(again.status, login).toBe(401);
    }
    await erased(bob.id);

    const user = await owner.request('GET', `/users/${bob.id}`);
    expect(user.body).toMatchObject({ displayName: 'Deleted account', isActive: false });
    expect(await bodies(group, owner)).toEqual(['kept']);
    expect(await bodies(direct.body.id, owner)).toEqual(['kept too']);
    const members = await owner.request('GET', `/conversations/${group}/members`);
    expect(members.body.items.map((m: { account: string }) => m.account)).toEqual([owner.id]);
    // The other user keeps the direct conversation, of which both are still members.
    const ofDirect = await owner.request('GET', `/conversations/${direct.body.id}/members`);
    const idsOfDirect = ofDirect.body.items.map((m: { account: string }) => m.account);
    expect(idsOfDirect.sort()).toEqual([bob.id, owner.id].sort());
    const everyone = await server.rows(
      `select 1 from memberships where conversation_id = '${EVERYONE}' and account_id = '${bob.id}' and left_seq is null`,
    );
    expect(everyone).toEqual([]);
    expect(await server.rows(`select 1 from blocks where account_id = '${bob.id}'`)).toEqual([]);
    // No table contains the name of the user.
    for (const table of ['accounts', 'sessions', 'events', 'emails', 'erasures']) {
      const rows = await server.rows(
        `select * from ${table} where to_jsonb(${table})::text ~* 'bob'`,
      );
      expect(rows, table).toEqual([]);
    }
    // Those of other users are unchanged.
    const registered = await server.rows(
      `select data ->> 'username' as name from events
       where type = 'user.registered' and data ->> 'account' = '${owner.id}'`,
    );
    expect(registered).toEqual([{ name: 'olga' }]);
    // Username and address can be used again.
    expect((await server.register('bob')).id).not.toBe(bob.id);
    const gone = await owner.request('PATCH', `/admin/accounts/${bob.id}`, { displayName: 'x' });
    expect(gone.status).toBe(404);
    expect((await owner.request('POST', `/admin/accounts/${bob.id}/reactivate`)).status).toBe(404);
  });

  test('loses its messages if the user chose so, and clients receive the deletions', async () => {
    const cat = await server.register('cat');
    const group = await owner.group('hers', [cat]);
    const left = await owner.group('left', [cat]);
    await cat.post(group, 'one');
    await owner.post(group, 'mine');
    await cat.post(group, 'two');
    await cat.post(left, 'three');
    await cat.request('POST', `/conversations/${left}/leave`);
    const watcher = server.peer();
    await watcher.hello(owner.accessToken);
    await cat.request('POST', '/me/delete', { ...password, messages: 'delete' });
    await erased(cat.id);
    const live = (await owner.request('GET', `/conversations/${group}/messages`)).body.items;
    expect(
      live.filter((m: { deletedAt: unknown }) => !m.deletedAt).map((m: { body: string }) => m.body),
    ).toEqual(['mine']);
    expect(
      await server.rows(
        `select 1 from messages where author_id = '${cat.id}' and (deleted_at is null or body <> '')`,
      ),
    ).toEqual([]);
    await watcher.until(
      () => watcher.of('event').filter((e) => e.type === 'message.deleted').length === 3,
      'three deletions',
    );
    const seqs = watcher
      .of('event')
      .filter((e) => e.stream === streamOfConversation(group))
      .map((e) => e.seq);
    expect(seqs).toEqual([...seqs].sort((a, b) => a - b));
  });

  test('leaves nothing personal behind', async () => {
    const ida = await server.register('ida');
    const group = await owner.group('personal', [ida]);
    await owner.request('PATCH', `/conversations/${group}/members/${ida.id}`, { role: 'admin' });
    const theirs = await owner.post(group, 'of the owner');
    const question = { question: 'Dinner?', choices: ['yes', 'no'] };
    const poll = await owner.request('POST', `/conversations/${group}/polls`, question);
    await useEverything(ida, group, theirs, poll.body.seq);
    for (const [method, path, body] of [
      ['PATCH', '/me/status', { text: 'On vacation' }],
      ['POST', '/me/sidebar/sections', { name: 'Mine' }],
      ['PUT', `/me/blocks/${owner.id}`, undefined],
    ] as const) {
      expect((await ida.request(method, path, body)).status, path).toBeLessThan(300);
    }
    await server.rows(`insert into last_seen (account_id, at) values ('${ida.id}', now())`);
    // A file in no message, an unfinished upload, and an avatar.
    const uploader = { ...ida, url: server.url };
    const photo = await uploadFile(uploader, 'photo.png', ONE_PIXEL);
    expect((await ida.request('PUT', '/me/avatar', { file: photo })).status).toBe(200);
    await uploadFile(uploader, 'private.txt', Buffer.from('private'));
    await startUpload(uploader, 'unfinished.txt', 10);
    await ida.request('POST', '/me/delete', { ...password, messages: 'keep' });
    await erased(ida.id);
    const tables = await server.rows(
      `select table_name as name from information_schema.columns
       where column_name = 'account_id' and table_schema = 'public' order by 1`,
    );
    const left: string[] = [];
    for (const { name } of tables) {
      const rows = await server.rows(`select from ${String(name)} where account_id = '${ida.id}'`);
      if (rows.length > 0) left.push(String(name));
    }
    // What others see in conversations remains, without a name.
    const expected = 'audit_log erasures memberships poll_votes reactions statuses';
    expect(left.join(' ')).toBe(expected);
    const ofStatus = await server.rows(
      `select data::text from events where data::text ~ 'vacation'
       union all select text from statuses where text ~ 'vacation'`,
    );
    expect(ofStatus).toEqual([]);
    const images = await server.rows(`select from images where created_by = '${ida.id}'`);
    expect(images).toEqual([]);
    await until(async () => {
      const rows = await server.rows(`select from files where uploader_id = '${ida.id}'`);
      return rows.length === 0;
    }, 'the files to be deleted');
  });

  test('is deleted only by an admin who may manage it, and never if it is the last owner', async () => {
    const dan = await server.register('dan');
    const eve = await server.register('eve');
    expect((await eve.request('DELETE', `/admin/accounts/${dan.id}`)).status).toBe(403);
    expect((await owner.request('DELETE', `/admin/accounts/${dan.id}?messages=keep`)).status).toBe(
      204,
    );
    expect((await owner.request('DELETE', `/admin/accounts/${dan.id}`)).status).toBe(404);
    await owner.request('PATCH', `/admin/accounts/${eve.id}`, { role: 'admin' });
    expect((await eve.request('DELETE', `/admin/accounts/${owner.id}`)).status).toBe(403);
    const last = await owner.request('POST', '/me/delete', { ...password, messages: 'keep' });
    expect([last.status, last.body.code]).toEqual([409, 'last_owner']);
    expect((await owner.request('GET', '/me')).status).toBe(200);
  });

  test('gets no last-seen time from a node that records its connection later', async () => {
    const gus = await server.register('gus');
    await gus.request('POST', '/me/delete', { ...password, messages: 'keep' });
    await erased(gus.id);
    const id = gus.id as AccountId;
    await recordLastSeen(server.pool, [id], new Date());
    expect(await server.rows(`select 1 from last_seen where account_id = '${id}'`)).toEqual([]);
    // Recorded before the deletion, by an earlier version.
    await server.rows(`insert into last_seen (account_id, at) values ('${id}', now())`);
    expect(await lastSeenOf(server.pool, id)).toBeNull();
    await server.rows(`delete from last_seen where account_id = '${id}'`);
  });

  test('leaves its groups to other members', async () => {
    const fay = await server.register('fay');
    const group = await fay.group('passed on', [owner]);
    await fay.request('POST', '/me/delete', { ...password, messages: 'keep' });
    await erased(fay.id);
    const { body } = await owner.request('GET', `/conversations/${group}`);
    expect(body).toMatchObject({ role: 'owner', memberCount: 1 });
  });
});

test('the tables match the events afterwards', async () => {
  const found = await examine(server.pool);
  // Except for messages that a test inserted without events.
  expect(found.filter((f) => `${f.kind} ${f.table}` !== 'row_without_event messages')).toEqual([]);
});

test('resumes an interrupted erasure at the next start and deletes nothing twice', async () => {
  const fresh = await cluster.fresh();
  const dataDir = makeTempDir('erasure');
  const env = { PORT: '0', PARLEY_DATA: dataDir, DATABASE_URL: fresh.url, RATE_LIMITS: 'off' };
  const pool = new pg.Pool({ connectionString: fresh.url, max: 2 });
  let child: Child | null = null;
  try {
    child = startServer(env);
    const url = await child.line();
    await registerAt(url, 'olga');
    const gus = await registerAt(url, 'gus');
    const group = await gus.group('long');
    // Enough for several batches; only inserted into the table.
    await pool.query(
      `insert into messages (conversation_id, seq, author_id, body, posted_at, changed_seq)
       select $1, n, $2, 'message ' || n, now(), n from generate_series(1000, 2999) n`,
      [group, gus.id],
    );
    await pool.query('update streams set last_seq = 10000 where id = $1', [group]);
    const gone = async () =>
      (await pool.query(`select count(*)::int as n from events where type = 'message.deleted'`))
        .rows[0].n;
    expect(
      (await gus.request('POST', '/me/delete', { ...password, messages: 'delete' })).status,
    ).toBe(204);
    await until(async () => (await gone()) > 0, 'the first batch');
    await child.kill();
    const before = await gone();
    expect(before).toBeGreaterThan(0);
    expect(before).toBeLessThan(2_000);

    child = startServer(env);
    await child.line();
    await until(
      async () => {
        const { rows } = await pool.query('select done_at from erasures');
        return rows[0].done_at !== null;
      },
      'the erasure to be done',
      40_000,
    );
    expect(await gone()).toBe(2_000);
    const { rows } = await pool.query(
      `select count(*)::int as n, count(distinct data ->> 'message')::int as messages,
              max(seq) - min(seq) + 1 as span
       from events where type = 'message.deleted'`,
    );
    expect(rows[0]).toMatchObject({ n: 2_000, messages: 2_000, span: '2000' });
  } finally {
    await child?.kill();
    await endPool(pool);
    rmSync(dataDir, { recursive: true, force: true });
  }
});
