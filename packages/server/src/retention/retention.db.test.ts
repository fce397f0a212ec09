import { rmSync } from 'node:fs';
import { type ConversationId, streamOfConversation } from '@parley/protocol';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { type Child, startServer } from '../../test/support/child.ts';
import { endPool, startTestCluster, type TestCluster } from '../../test/support/database.ts';
import {
  registerAt,
  startTestServer,
  type TestServer,
  type User,
} from '../../test/support/server.ts';
import { until } from '../../test/support/sink.ts';
import { anAppend } from '../../test/support/stream-builders.ts';
import { makeTempDir } from '../../test/support/temp-dir.ts';
import { testLog } from '../../test/support/test-log.ts';
import { ONE_PIXEL, uploadFile } from '../../test/support/uploads.ts';
import { AuditLog } from '../audit/audit-log.ts';
import { EVERYONE } from '../conversations/everyone.ts';
import { examine } from '../doctor/doctor.ts';
import { systemClock } from '../runtime/clock.ts';
import { openDatabase } from '../storage/database.ts';
import type { NodeMessageHandler } from '../stream/broker.ts';
import type { StoredEvent } from '../stream/record.ts';
import { BATCH, expireMessages } from './expire.ts';
import { Retention } from './retention.ts';

let cluster: TestCluster;
let server: TestServer;
let owner: User;
let ann: User;
let bob: User;

beforeAll(async () => {
  cluster = await startTestCluster();
  server = await startTestServer(cluster);
  owner = await server.register('olga');
  ann = await server.register('ann');
  bob = await server.register('bob');
});
afterAll(async () => {
  await server?.stop();
  await cluster?.stop();
});

/** The connections of another node to the database of the server, until the end of the test. */
async function anotherNode() {
  const connectionString = server.pool.options.connectionString as string;
  const opened = await openDatabase({ connectionString }, testLog, { pipelined: true });
  onTestFinished(() => opened.close());
  return opened;
}

const codeOf = ({ status, body }: { status: number; body: { code?: string } }) =>
  body?.code === undefined ? `${status}` : `${status} ${body.code}`;

/** Moves messages of a conversation back by days, as if they had been posted earlier. */
async function age(conversation: ConversationId, seqs: readonly number[], days: number) {
  const values = [streamOfConversation(conversation), seqs, days];
  await server.pool.query(
    `update events set at = at - make_interval(days => $3)
     where stream_id = $1 and seq = any($2::int8[])`,
    values,
  );
  await server.pool.query(
    `update messages set posted_at = posted_at - make_interval(days => $3)
     where conversation_id = $1 and seq = any($2::int8[])`,
    values,
  );
}

const changeSettings = async (change: object) => {
  const answer = await owner.request('PATCH', '/admin/server-settings', change);
  expect(codeOf(answer)).toBe('200');
};
const keep = (by: User, id: ConversationId, retention: unknown) =>
  by.request('PUT', `/conversations/${id}/retention`, { retention });
const textsIn = async (id: ConversationId, by = ann): Promise<string[]> => {
  const { body } = await by.request('GET', `/conversations/${id}/messages?limit=200`);
  return body.items.map((m: { body: string }) => m.body);
};
const unreadOf = async (by: User, id: ConversationId) => {
  const { body } = await by.request('GET', `/conversations/${id}`);
  return { unread: body.unread, unreadMentions: body.unreadMentions };
};

describe('retention', () => {
  test('deletes expired messages with everything that belongs to them', async () => {
    const id = await ann.group('retention of all', [bob]);
    const path = `/conversations/${id}/messages`;
    const post = async (body: object, by = ann): Promise<number> =>
      (await by.request('POST', path, body)).body.seq;
    const plain = await ann.post(id, 'secretword first @bob');
    const edited = await ann.post(id, 'secretword to edit');
    await ann.request('PATCH', `${path}/${edited}`, { body: 'secretword edited' });
    const file = await uploadFile({ ...ann, url: server.url }, 'secretword.png', ONE_PIXEL);
    const withFile = await post({ body: 'secretword file', attachments: [file] });
    const root = await ann.post(id, 'secretword root');
    const oldReply = await post({ body: 'secretword reply', thread: root }, bob);
    const poll = await ann.request('POST', `/conversations/${id}/polls`, {
      question: 'secretword poll?',
      choices: ['secretword one', 'two'],
    });
    const newReply = await post({ body: 'a newer reply', thread: root }, bob);
    await bob.request('PUT', `${path}/${poll.body.seq}/poll/vote`, { choices: [0] });
    await bob.request('PUT', `${path}/${plain}/reactions/%F0%9F%91%8D`);
    await ann.request('PUT', `${path}/${plain}/pin`);
    await bob.request('PUT', `${path}/${plain}/saved`, {});
    await bob.request('POST', `${path}/${plain}/report`, { reason: 'spam' });
    const last = await ann.post(id, 'of today @bob');
    const old = [plain, edited, withFile, root, oldReply, poll.body.seq];
    expect(await unreadOf(bob, id)).toMatchObject({ unreadMentions: [plain, last] });
    await age(id, old, 40);

    expect(
      (await ann.request('GET', `/conversations/${id}/retention/expired?days=30`)).body,
    ).toEqual({ messages: 6, isMore: false });
    expect((await keep(ann, id, 30)).body).toEqual({
      days: 30,
      retention: 30,
      serverDays: null,
      maxDays: 36_500,
      mayKeep: true,
    });
    await until(async () => (await textsIn(id)).length === 1, 'the messages to expire');

    // The page starts with what is left: nothing has to be loaded to see that there is no more.
    const { body } = await ann.request('GET', `${path}?limit=1`);
    expect(body).toMatchObject({ items: [{ seq: last }], hasOlder: false });
    expect(await unreadOf(bob, id)).toEqual({ unread: 1, unreadMentions: [last] });
    expect((await ann.request('GET', `/conversations/${id}/pins`)).body.items).toEqual([]);
    // The thread is kept while it has newer replies, under a deleted root.
    const thread = await ann.request('GET', `${path}/${root}/thread`);
    expect(thread.body.items).toMatchObject([{ seq: newReply, body: 'a newer reply' }]);
    const { body: rootNow } = await ann.request('GET', `${path}/${root}`);
    expect(rootNow).toMatchObject({
      body: '',
      threadSummary: { replies: 1, lastReplySeq: newReply },
    });
    expect(rootNow.deletedAt).not.toBeNull();
    // A saved message is shown as deleted, like one that its author has deleted.
    const saved = await bob.request('GET', '/me/saved');
    expect(saved.body.items).toMatchObject([{ message: { seq: plain, body: '' } }]);
    // A report keeps what was reported until it is resolved.
    const reports = await owner.request('GET', '/admin/reports');
    expect(reports.body.items).toMatchObject([{ message: plain, text: 'secretword first @bob' }]);

    const left = await server.rows(
      `select 'events' as what from events where data::text like '%secretword%'
       union all select 'messages' from messages where body like '%secretword%'
       union all select 'attachments' from attachments where conversation_id = '${id}'
       union all select 'parts' from message_parts where conversation_id = '${id}'
       union all select 'votes' from poll_votes where conversation_id = '${id}'
       union all select 'reactions' from reactions where conversation_id = '${id}'`,
    );
    expect(left).toEqual([]);
    await until(
      async () => (await server.rows(`select 1 from files where id = '${file}'`)).length === 0,
      'the file to be deleted',
    );
    await until(async () => {
      const found = await bob.request('GET', `/search/messages?q=secretword`);
      return found.status === 200 && found.body.items.length === 0;
    }, 'the search to forget');
    expect(await examine(server.pool)).toEqual([]);
  });

  test('notifies live clients of each message once, and audits the change and the deletions', async () => {
    const id = await ann.group('audited retention', [bob]);
    const seqs = [
      await ann.post(id, 'one'),
      await ann.post(id, 'two'),
      await bob.post(id, 'three'),
    ];
    await age(id, seqs, 8);
    // The same choice again changes nothing.
    for (const _ of [1, 2]) expect(codeOf(await keep(ann, id, 7))).toBe('200');
    const deletions = async () =>
      await server.rows(
        `select (data ->> 'message')::int as message, data ->> 'author' as author from events
         where stream_id = '${id}' and type = 'message.deleted' order by seq`,
      );
    await until(async () => (await deletions()).length >= 3, 'the deletions');
    expect(await deletions()).toEqual([
      { message: seqs[0], author: ann.id },
      { message: seqs[1], author: ann.id },
      { message: seqs[2], author: bob.id },
    ]);
    const entries = () =>
      server.rows(
        `select event, details, account_id from audit_log
         where event = 'retention_changed' and details ->> 'conversation' = '${id}'
            or event = 'messages_expired' and details ->> 'messages' = '3' order by id`,
      );
    await until(async () => (await entries()).length === 2, 'the audit log');
    expect(await entries()).toEqual([
      {
        event: 'retention_changed',
        details: { conversation: id, retention: '7' },
        account_id: ann.id,
      },
      {
        event: 'messages_expired',
        details: { messages: 3, conversations: 1 },
        account_id: null,
      },
    ]);
  });

  test('follows the server setting in direct conversations and groups, within what it allows', async () => {
    const kept = await ann.group('kept', []);
    const plain = await ann.group('as the server says', []);
    const direct = (await ann.request('POST', '/conversations/direct', { account: bob.id })).body
      .id;
    await changeSettings({ groupRetention: 'any' });
    expect((await keep(ann, kept, 'keep')).body).toMatchObject({ days: null, retention: 'keep' });
    const ids = [kept, plain, direct];
    for (const id of ids) await age(id, [await ann.post(id, 'old')], 100);
    const count = async (settings: string) =>
      (await owner.request('GET', `/admin/retention/expired?${settings}`)).body.messages;
    expect(await count('days=90&groupRetention=any')).toBe(2);
    expect(await count('days=90&groupRetention=shorter')).toBe(3);
    expect(await count('days=120&groupRetention=shorter')).toBe(0);
    expect(await count('groupRetention=any')).toBe(0);

    await changeSettings({ messageRetentionDays: 90 });
    const texts = async () => (await Promise.all(ids.map((id) => textsIn(id)))).flat();
    await until(async () => (await texts()).length === 1, 'two of the messages to expire');
    expect(await textsIn(kept)).toEqual(['old']);
    expect((await bob.request('GET', `/conversations/${direct}/retention`)).body).toEqual({
      days: 90,
      retention: 'server',
      serverDays: 90,
      maxDays: 36_500,
      mayKeep: true,
    });
    // The choice of the group no longer applies.
    await changeSettings({ groupRetention: 'server' });
    await until(async () => (await texts()).length === 0, 'the last message to expire');
    expect(codeOf(await keep(ann, kept, 30))).toBe('403 forbidden');
    expect(codeOf(await keep(ann, kept, 'server'))).toBe('200');
    await changeSettings({ messageRetentionDays: null, groupRetention: 'shorter' });
    expect(await examine(server.pool)).toEqual([]);
  });

  test('follows settings and choices that other nodes have changed', async () => {
    const own = await ann.group('of another node', []);
    const other = await ann.group('as the other node says', []);
    const deleted = await ann.group('deleted', []);
    const ids = [own, other, deleted];
    for (const id of ids) await age(id, [await ann.post(id, 'old')], 6);
    expect((await ann.request('DELETE', `/conversations/${deleted}`)).status).toBeLessThan(300);
    const texts = async (of: readonly ConversationId[]) =>
      (
        await server.rows(
          `select body from messages where conversation_id in ('${of.join("', '")}') and body <> ''`,
        )
      ).length;
    // Committed by another node; this one is not notified, and rereads the settings each time.
    const set = (days: string) =>
      server.pool.query(
        `insert into server_settings (name, value, seq) values ('messageRetentionDays', $1::jsonb, 1)
         on conflict (name) do update set value = excluded.value`,
        [days],
      );
    await server.pool.query(
      `insert into group_retention (conversation_id, days, seq) values ($1, 0, 1)`,
      [own],
    );
    await changeSettings({ groupRetention: 'any' });
    await set('5');
    await until(async () => (await texts(ids)) === 1, 'all but the messages of the group');
    await changeSettings({ messageRetentionDays: null, groupRetention: 'shorter' });

    let told: NodeMessageHandler = () => undefined;
    const notes: string[] = [];
    const { pool } = await anotherNode();
    const node = new Retention({
      pool,
      append: anAppend(pool),
      clock: systemClock,
      log: testLog,
      audit: new AuditLog({ pool, clock: systemClock, log: testLog }),
      settings: { onChange: () => undefined },
      broker: {
        status: 'connected',
        sendNodeMessage: (_to, kind) => void notes.push(kind),
        onNodeMessage: (_kind, handler) => {
          told = handler;
        },
      },
    });
    const updated = (data: object) =>
      node.committed([
        { type: 'conversation.updated', data: JSON.stringify(data) } as unknown as StoredEvent,
      ]);
    updated({ name: 'about retention' });
    expect(notes).toEqual([]);
    updated({ retention: 5 });
    expect(notes).toEqual(['retention-changed']);
    expect(await texts([own])).toBe(1);
    await pool.query('update group_retention set days = 5 where conversation_id = $1', [own]);
    told('', 'another node', null);
    await until(async () => (await texts([own])) === 0, 'the choice of which the node was told');
    await node.stop();
    await pool.query('delete from group_retention where conversation_id = $1', [own]);
    expect(await examine(pool)).toEqual([]);
  });

  test('gives each conversation its turn, however much another one has to delete', async () => {
    const long = await ann.group('long', []);
    const short = await ann.group('short', []);
    expect(long < short).toBe(true);
    await server.pool.query(
      `insert into messages (conversation_id, seq, author_id, body, posted_at, changed_seq)
       select $1, n, $2, 'message ' || n, now() - interval '50 days', n
       from generate_series(1000, 2499) n`,
      [long, ann.id],
    );
    await server.pool.query('update streams set last_seq = 5000 where id = $1', [long]);
    await age(short, [await ann.post(short, 'old')], 50);
    expect((await keep(ann, short, 40)).status).toBe(200);
    const deletions = async (id: ConversationId) =>
      await server.rows(
        `select at from events where stream_id = '${id}' and type = 'message.deleted' order by seq`,
      );
    await until(async () => (await deletions(short)).length === 1, 'the short one');
    await age(short, [await ann.post(short, 'old')], 50);
    expect((await keep(ann, long, 40)).status).toBe(200);
    await until(async () => (await deletions(long)).length === 1_500, 'the long one', 20_000);
    const [last] = (await deletions(long)).slice(-1);
    const [, turn] = await deletions(short);
    expect(Number(turn?.at)).toBeLessThan(Number(last?.at));
  });

  test('goes on with the others if the messages of a conversation cannot be deleted', async () => {
    const stuck = await ann.group('stuck', []);
    const next = await ann.group('next', []);
    expect(stuck < next).toBe(true);
    for (const id of [stuck, next]) await age(id, [await ann.post(id, 'old')], 8);
    await server.pool.query(
      `create function fail_here() returns trigger language plpgsql as $$
       begin raise exception 'cannot be deleted'; end $$;
       create trigger fail_here before update on messages for each row
       when (new.conversation_id = '${stuck}') execute function fail_here();
       insert into group_retention (conversation_id, days, seq) values ('${stuck}', 7, 1)`,
    );
    expect((await keep(ann, next, 7)).status).toBe(200);
    await until(async () => (await textsIn(next)).join() === '', 'the conversation after it');
    expect(await textsIn(stuck)).toEqual(['old']);
    await server.pool.query(
      `drop trigger fail_here on messages;
       drop function fail_here;
       delete from group_retention where conversation_id = '${stuck}'`,
    );
  });

  test('deletes nothing early on a node whose clock is ahead', async () => {
    const id = await ann.group('clocks', []);
    const seqs = [await ann.post(id, 'of last week'), await ann.post(id, 'of today')];
    await age(id, seqs.slice(0, 1), 8);
    await server.pool.query(
      'insert into group_retention (conversation_id, days, seq) values ($1, 7, 1)',
      [id],
    );
    const ahead = { now: () => Date.now() + 400 * 86_400_000 };
    const { pool } = await anotherNode();
    const { deleted } = await expireMessages(anAppend(pool, ahead), id);
    expect(deleted).toBe(1);
    expect(await textsIn(id)).toEqual(['of today']);
  });

  test('is not held up by messages that were deleted before they expired', async () => {
    const id = await ann.group('many deleted', []);
    const seqs = await Promise.all(
      Array.from({ length: BATCH + 1 }, async (_, n) => await ann.post(id, `message ${n}`)),
    );
    await age(id, seqs, 8);
    const last = Math.max(...seqs);
    await server.pool.query(
      'update messages set deleted_at = now() where conversation_id = $1 and seq < $2',
      [id, last],
    );
    await server.pool.query(
      'insert into group_retention (conversation_id, days, seq) values ($1, 7, 1)',
      [id],
    );
    const { pool } = await anotherNode();
    const append = anAppend(pool);
    expect((await expireMessages(append, id)).deleted).toBe(1);
    await append.close();
  });

  test('uses no settings from before a change that was answered', async () => {
    const id = await ann.group('kept in time', []);
    const seq = await ann.post(id, 'old');
    await age(id, [seq], 8);
    const { pool } = await anotherNode();
    const expiring = async () => {
      const { rows } = await server.pool.query(
        `select from pg_stat_activity
         where datname = current_database() and wait_event_type = 'Lock'`,
      );
      return rows.length;
    };
    const append = anAppend(pool);
    const blocking = await pool.connect();
    await blocking.query('begin');
    await blocking.query(`select from messages where conversation_id = $1 for update`, [id]);
    // The server and this node wait for the message.
    await changeSettings({ messageRetentionDays: 7 });
    const deleted = expireMessages(append, id);
    await until(async () => (await expiring()) > 0, 'a node to delete the message');
    const before = await expiring();
    const changed = changeSettings({ messageRetentionDays: null });
    await until(async () => (await expiring()) > before, 'the change to wait');
    await blocking.query('rollback');
    blocking.release();
    await Promise.all([deleted, changed]);
    await append.close();
  });

  test('may be changed and counted only by owners of a group', async () => {
    const cem = await server.register('cem');
    const dan = await server.register('dan');
    const id = await ann.group('who may', [bob, cem]);
    await ann.request('PATCH', `/conversations/${id}/members/${bob.id}`, { role: 'admin' });
    const direct = (await ann.request('POST', '/conversations/direct', { account: cem.id })).body
      .id;
    const verdicts = async (by: User, of: ConversationId) => [
      codeOf(await by.request('GET', `/conversations/${of}/retention`)),
      codeOf(await by.request('GET', `/conversations/${of}/retention/expired?days=1`)),
      codeOf(await keep(by, of, 400)),
    ];
    expect(await verdicts(ann, id)).toEqual(['200', '200', '200']);
    expect(await verdicts(bob, id)).toEqual(['200', '403 forbidden', '403 forbidden']);
    expect(await verdicts(cem, id)).toEqual(['200', '403 forbidden', '403 forbidden']);
    const missing = '404 conversation_not_found';
    expect(await verdicts(dan, id)).toEqual([missing, missing, missing]);
    expect(await verdicts(ann, direct)).toEqual(['200', '409 not_a_group', '409 not_a_group']);
    expect(await verdicts(ann, EVERYONE)).toEqual(['200', '403 forbidden', '403 forbidden']);
    expect(await verdicts(owner, EVERYONE)).toEqual(['200', '200', '200']);
    await cem.request('POST', `/conversations/${id}/leave`);
    expect(await verdicts(cem, id)).toEqual([missing, missing, missing]);
    for (const retention of [0, -1, 36_501, 1.5, 'never', null]) {
      expect(codeOf(await keep(ann, id, retention))).toBe('422 invalid');
    }
    await ann.request('POST', `/conversations/${id}/archive`);
    expect(codeOf(await keep(ann, id, 5))).toBe('409 conversation_archived');
  });
});

test('two nodes, one of which is killed, delete each message once and nothing else', async () => {
  const fresh = await cluster.fresh();
  const folders = [makeTempDir('retention'), makeTempDir('retention')];
  const env = (n: number) => ({
    PORT: '0',
    PARLEY_DATA: folders[n] as string,
    PARLEY_SECRET: 'the same secret for all nodes of a test',
    DATABASE_URL: fresh.url,
    RATE_LIMITS: 'off',
  });
  const pool = new pg.Pool({ connectionString: fresh.url, max: 2 });
  const children: Child[] = [];
  const start = async (n: number) => {
    const child = startServer(env(n));
    children.push(child);
    return { child, url: await child.line() };
  };
  try {
    const one = await start(0);
    const olga = await registerAt(one.url, 'olga');
    const group = await olga.group('long');
    // Enough for several batches; inserted into the table only.
    await pool.query(
      `insert into messages (conversation_id, seq, author_id, body, posted_at, changed_seq)
       select $1, n, $2, 'message ' || n, now() - make_interval(days => case when n < 3000 then 50 else 10 end), n
       from generate_series(1000, 3199) n`,
      [group, olga.id],
    );
    await pool.query('update streams set last_seq = 10000 where id = $1', [group]);
    const gone = async (): Promise<number> =>
      (await pool.query(`select count(*)::int as n from events where type = 'message.deleted'`))
        .rows[0].n;
    await olga.request('PATCH', '/admin/server-settings', { messageRetentionDays: 30 });
    await until(async () => (await gone()) > 0, 'the first batch');
    const two = await start(1);
    await one.child.kill();
    expect(two.url).not.toBe(one.url);
    await until(async () => (await gone()) >= 2_000, 'the rest to be deleted', 40_000);
    const { rows } = await pool.query(
      `select count(*)::int as n, count(distinct data ->> 'message')::int as messages,
              max(seq) - min(seq) + 1 as span
       from events where type = 'message.deleted'`,
    );
    expect(rows[0]).toMatchObject({ n: 2_000, messages: 2_000, span: '2000' });
    const left = await pool.query(
      `select min(seq)::int as first, count(*)::int as n from messages
       where conversation_id = $1 and deleted_at is null`,
      [group],
    );
    expect(left.rows).toEqual([{ first: 3_000, n: 200 }]);
    const progress = await pool.query('select up_to::int from retention_progress');
    expect(progress.rows).toEqual([{ up_to: 2_999 }]);
  } finally {
    for (const child of children) await child.kill();
    await endPool(pool);
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  }
});
