import { rmSync } from 'node:fs';
import type { BulkDeletion, ConversationId } from '@parley/protocol';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Child, startServer } from '../../test/support/child.ts';
import { endPool, startTestCluster, type TestCluster } from '../../test/support/database.ts';
import { registerAt, type User } from '../../test/support/server.ts';
import { until } from '../../test/support/sink.ts';
import { aClientId } from '../../test/support/stream-builders.ts';
import { makeTempDir } from '../../test/support/temp-dir.ts';
import { examine } from '../doctor/doctor.ts';

/** Two nodes on one database without a broker. */
let cluster: TestCluster;
let pool: pg.Pool;
const nodes: { child: Child; url: string; dataDir: string }[] = [];
let owner: User;
let admin: User;
let member: User;
beforeAll(async () => {
  cluster = await startTestCluster();
  const { url: database } = await cluster.fresh();
  pool = new pg.Pool({ connectionString: database, max: 2 });
  for (const name of ['first', 'second']) {
    const dataDir = makeTempDir(`bulk-${name}`);
    const env = {
      PORT: '0',
      PARLEY_DATA: dataDir,
      PARLEY_SECRET: 's'.repeat(40),
      DATABASE_URL: database,
      RATE_LIMITS: 'off',
    };
    const child = startServer(env);
    nodes.push({ child, url: await child.line(), dataDir });
  }
  owner = await registerAt(first().url, 'olga');
  admin = await registerAt(first().url, 'adam');
  member = await registerAt(first().url, 'mona');
  await owner.request('PATCH', `/admin/accounts/${admin.id}`, { role: 'admin' });
});
afterAll(async () => {
  for (const { child } of nodes) await child.kill();
  await endPool(pool);
  for (const { dataDir } of nodes) rmSync(dataDir, { recursive: true, force: true });
  await cluster.stop();
});

const first = () => {
  const [node] = nodes;
  if (!node) throw new Error('no node was started');
  return node;
};
const request = (by: User, of: User, body: object = {}, id: string = aClientId()) =>
  by.request('POST', `/admin/accounts/${of.id}/bulk-deletions`, body, { 'idempotency-key': id });
const latest = async (of: User): Promise<BulkDeletion> =>
  (await owner.request('GET', `/admin/accounts/${of.id}/bulk-deletions`)).body.items[0];
const done = (of: User) =>
  until(async () => (await latest(of)).doneAt !== null, 'the bulk deletion to be done', 60_000);
const bodies = async (as: User, conversation: ConversationId): Promise<string[]> => {
  const { body } = await as.request('GET', `/conversations/${conversation}/messages?limit=200`);
  return body.items.map((m: { body: string }) => m.body);
};
const audited = async (event: string, of: User) =>
  (
    await pool.query(
      'select actor_id, details from audit_log where event = $1 and account_id = $2',
      [event, of.id],
    )
  ).rows;

describe('deleting all messages of an account', () => {
  test('removes them everywhere, with threads and direct conversations, and keeps those of others', async () => {
    const sam = await registerAt(first().url, 'sam');
    const group = await member.group('spammed', [sam]);
    const direct = (await sam.request('POST', '/conversations/direct', { account: member.id })).body
      .id;
    const root = await member.post(group, 'a question');
    await sam.post(group, 'buy zorkmids');
    await sam.post(direct, 'buy zorkmids here');
    const reply = await sam.request('POST', `/conversations/${group}/messages`, {
      body: 'zorkmids in a thread',
      thread: root,
    });
    expect(reply.status, JSON.stringify(reply.body)).toBe(201);
    const left = await member.group('left', [sam]);
    await sam.post(left, 'zorkmids again');
    await sam.request('POST', `/conversations/${left}/leave`);

    const answer = await request(admin, sam);
    expect(answer.status, JSON.stringify(answer.body)).toBe(202);
    expect(answer.body).toMatchObject({ account: sam.id, requestedBy: admin.id, since: null });
    await done(sam);
    expect(await latest(sam)).toMatchObject({ id: answer.body.id, deleted: 4 });
    for (const conversation of [group, direct, left]) {
      expect((await bodies(member, conversation)).join(' ')).not.toContain('zorkmids');
    }
    expect(await bodies(member, group)).toContain('a question');
    const logged = await pool.query(`select 1 from events where data::text like '%zorkmids%'`);
    expect(logged.rows).toEqual([]);
    const actors = await pool.query(
      `select distinct actor_id from events where type = 'message.deleted'
       and data ->> 'author' = $1`,
      [sam.id],
    );
    expect(actors.rows).toEqual([{ actor_id: admin.id }]);
    const details = { deletion: answer.body.id };
    expect(await audited('bulk_deletion_requested', sam)).toEqual([
      { actor_id: admin.id, details },
    ]);
    expect(await audited('bulk_deletion_finished', sam)).toEqual([
      { actor_id: admin.id, details: { ...details, messages: 4 } },
    ]);
  });

  test('keeps messages from before a date', async () => {
    const tom = await registerAt(first().url, 'tom');
    const group = await member.group('dated', [tom]);
    await tom.post(group, 'old');
    const { rows } = await pool.query<{ at: Date }>(`select now() + interval '1 ms' as at`);
    const since = rows[0]?.at.toISOString();
    await until(async () => Date.now() > Date.parse(since ?? ''), 'the date');
    await tom.post(group, 'new');
    expect((await request(owner, tom, { since })).status).toBe(202);
    await done(tom);
    expect(await bodies(member, group)).toEqual(expect.arrayContaining(['old']));
    expect(await bodies(member, group)).not.toContain('new');
    expect(await latest(tom)).toMatchObject({ deleted: 1, since });
  });

  test('answers a retry with the same deletion, and rejects another one while it runs', async () => {
    const una = await registerAt(first().url, 'una');
    const id = aClientId();
    const [one, two] = await Promise.all([
      request(admin, una, {}, id),
      request(admin, una, {}, id),
    ]);
    expect([one.status, two.status, two.body.id]).toEqual([202, 202, one.body.id]);
    expect((await audited('bulk_deletion_requested', una)).length).toBe(1);
    await done(una);
    const other = { since: '2026-01-01T00:00:00.000Z' };
    expect((await request(admin, una, other, id)).body.code).toBe('client_id_reused');
    // Claimed by a node that does not exist, so that it stays open.
    await pool.query(
      `insert into bulk_deletions (id, account_id, requested_by, requested_at, claimed_by, claimed_until)
       values (gen_random_uuid(), $1, $2, now(), gen_random_uuid(), now() + interval '1 hour')`,
      [una.id, admin.id],
    );
    expect((await request(owner, una)).body.code).toBe('bulk_deletion_running');
    await pool.query('update bulk_deletions set claimed_until = now() where account_id = $1', [
      una.id,
    ]);
    await done(una);
  });

  test.each([
    ['owner', 'owner', 202],
    ['owner', 'admin', 202],
    ['owner', 'member', 202],
    ['admin', 'owner', 403],
    ['admin', 'admin', 403],
    ['admin', 'member', 202],
    ['member', 'owner', 403],
    ['member', 'admin', 403],
    ['member', 'member', 403],
  ] as const)('requested by an %s for an %s: %i', async (by, of, status) => {
    const users = { owner, admin, member };
    const answer = await request(users[by], users[of]);
    expect(answer.status, JSON.stringify(answer.body)).toBe(status);
    if (status === 202) await done(users[of]);
  });

  test('rejects an admin who was suspended, and an account that does not exist', async () => {
    const vic = await registerAt(first().url, 'vic');
    await owner.request('PATCH', `/admin/accounts/${vic.id}`, { role: 'admin' });
    const until = '2100-01-01T00:00:00.000Z';
    await owner.request('POST', `/admin/accounts/${vic.id}/suspend`, { until, reason: '' });
    expect((await request(vic, member)).status).toBe(401);
    const unknown = { ...member, id: aClientId() as unknown as User['id'] };
    expect((await request(owner, unknown)).body.code).toBe('account_not_found');
  });
});

test('the tables are consistent with the events afterwards', async () => {
  expect(await examine(pool)).toEqual([]);
});

test('a bulk deletion that an admin cancels deletes nothing more', async () => {
  const ike = await registerAt(first().url, 'ike');
  const group = await ike.group('to keep', [member]);
  await pool.query(
    `insert into messages (conversation_id, seq, author_id, body, posted_at, changed_seq)
     select $1, n, $2, 'message ' || n, now(), n from generate_series(1000, 1499) n`,
    [group, ike.id],
  );
  await pool.query('update streams set last_seq = 2000 where id = $1', [group]);
  const cancel = async (by: User, id: string) =>
    await by.request('DELETE', `/admin/accounts/${ike.id}/bulk-deletions/${id}`);
  const left = async (): Promise<number> =>
    (
      await pool.query(
        'select count(*)::int as n from messages where author_id = $1 and deleted_at is null',
        [ike.id],
      )
    ).rows[0].n;
  // A batch in the middle waits for this lock.
  const blocking = await pool.connect();
  let id = '';
  try {
    await blocking.query('begin');
    await blocking.query(
      'select from messages where conversation_id = $1 and seq = 1150 for update',
      [group],
    );
    id = (await request(admin, ike)).body.id;
    await until(async () => (await left()) === 400, 'the first batch');
    expect((await cancel(member, id)).status).toBe(403);
    const role = (name: string) =>
      owner.request('PATCH', `/admin/accounts/${ike.id}`, { role: name });
    await role('admin');
    expect((await cancel(admin, id)).status).toBe(403);
    await role('member');
    const canceling = cancel(admin, id);
    await blocking.query('rollback');
    const { status, body } = await canceling;
    expect(status).toBe(200);
    expect(body.doneAt).toBe(body.cancelledAt);
    expect(body.deleted).toBeLessThan(500);
    expect(await left()).toBe(500 - body.deleted);
  } finally {
    blocking.release();
  }
  const kept = await left();
  expect((await cancel(admin, id)).body.deleted).toBe(500 - kept);
  // Another deletion can be requested, and finishes the rest.
  expect((await request(admin, ike, { since: '2100-01-01T00:00:00.000Z' })).status).toBe(202);
  await done(ike);
  expect(await left()).toBe(kept);
  expect((await cancel(admin, (await latest(ike)).id)).body.code).toBe('bulk_deletion_done');
  expect(await audited('bulk_deletion_cancelled', ike)).toHaveLength(1);
  expect(await audited('bulk_deletion_finished', ike)).toHaveLength(1);
});

test('after kill -9 another node continues a bulk deletion, and deletes nothing twice', async () => {
  const gus = await registerAt(first().url, 'gus');
  const group = await gus.group('long', [member]);
  // Enough for many batches; inserted into the table only, and between them those of another author.
  await pool.query(
    `insert into messages (conversation_id, seq, author_id, body, posted_at, changed_seq)
     select $1, n, case when n % 50 = 0 then $3::uuid else $2::uuid end, 'message ' || n, now(), n
     from generate_series(1000, 4999) n`,
    [group, gus.id, member.id],
  );
  await pool.query('update streams set last_seq = 10000 where id = $1', [group]);
  const gone = async (): Promise<number> => (await latestRow()).deleted;
  const latestRow = async () =>
    (
      await pool.query('select deleted::int, done_at from bulk_deletions where account_id = $1', [
        gus.id,
      ])
    ).rows[0];
  const [one, two] = nodes;
  if (!one || !two) throw new Error('two nodes were started');
  // A batch in the middle waits for this lock, so that the node is killed before it is done.
  const blocking = await pool.connect();
  try {
    await blocking.query('begin');
    await blocking.query(
      'select from messages where conversation_id = $1 and seq = 3000 for update',
      [group],
    );
    expect((await request(owner, gus)).status).toBe(202);
    await until(async () => (await gone()) > 0, 'the first batch');
    await one.child.kill();
  } finally {
    await blocking.query('rollback');
    blocking.release();
  }
  const before = await gone();
  expect(before).toBeLessThan(3_920);
  await until(
    async () => (await latestRow()).done_at !== null,
    'the end on the other node',
    60_000,
  );
  expect(await gone()).toBe(3_920);
  const { rows } = await pool.query(
    `select count(*)::int as n, count(distinct data ->> 'message')::int as messages
     from events where type = 'message.deleted' and stream_id = $1`,
    [group],
  );
  expect(rows[0]).toEqual({ n: 3_920, messages: 3_920 });
  const kept = await pool.query(
    `select count(*)::int as n from messages
     where conversation_id = $1 and author_id = $2 and deleted_at is null`,
    [group, member.id],
  );
  expect(kept.rows[0]).toEqual({ n: 80 });
  expect(await audited('bulk_deletion_finished', gus)).toHaveLength(1);
});
