import { execFile } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type ConversationId, type LegalHold, LIMITS, type Seq } from '@parley/protocol';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Child, startServer } from '../../test/support/child.ts';
import { PASSWORD } from '../../test/support/credentials.ts';
import { endPool, startTestCluster, type TestCluster } from '../../test/support/database.ts';
import { type Answer, registerAt, type User } from '../../test/support/server.ts';
import { until } from '../../test/support/sink.ts';
import { aClientId } from '../../test/support/stream-builders.ts';
import { makeTempDir } from '../../test/support/temp-dir.ts';
import { ONE_PIXEL, uploadFile } from '../../test/support/uploads.ts';
import { examine } from '../doctor/doctor.ts';
import { legalHoldExport } from './export.ts';

/** A node in its own process, which a test kills. */
let cluster: TestCluster;
let pool: pg.Pool;
let env: Record<string, string>;
let node: { child: Child; url: string };
let owner: User;
let admin: User;
let member: User;
const dataDir = makeTempDir('legal-holds');

const start = async (port = '0') => {
  const child = startServer({ ...env, PORT: port });
  node = { child, url: await child.line() };
};
beforeAll(async () => {
  cluster = await startTestCluster();
  const { url: database } = await cluster.fresh();
  pool = new pg.Pool({ connectionString: database, max: 3 });
  env = {
    PARLEY_DATA: dataDir,
    PARLEY_SECRET: 's'.repeat(40),
    DATABASE_URL: database,
    RATE_LIMITS: 'off',
    LINK_PREVIEWS: 'off',
  };
  await start();
  owner = await registerAt(node.url, 'olivia');
  admin = await registerAt(node.url, 'adam');
  member = await registerAt(node.url, 'mona');
  await owner.request('PATCH', `/admin/accounts/${admin.id}`, { role: 'admin' });
});
afterAll(async () => {
  await node?.child.kill();
  await endPool(pool);
  rmSync(dataDir, { recursive: true, force: true });
  await cluster?.stop();
});

const codeOf = ({ status, body }: Answer) => body?.code ?? status;
const place = (body: object, by = owner, id: string = aClientId()): Promise<Answer> =>
  by.request('POST', '/admin/legal-holds', { name: 'Case 1', ...body }, { 'idempotency-key': id });
const placed = async (body: object): Promise<LegalHold> => {
  const answer = await place(body);
  expect(codeOf(answer)).toBe(201);
  return answer.body;
};
const release = (hold: LegalHold, by = owner) =>
  by.request('POST', `/admin/legal-holds/${hold.id}/release`);
const purged = async (hold: LegalHold) => {
  expect(codeOf(await release(hold))).toBe(200);
  await until(
    async () =>
      (await owner.request('GET', `/admin/legal-holds/${hold.id}`)).body.purgedAt !== null,
    'the purge',
    60_000,
  );
};

interface Line {
  type: string;
  message?: Seq;
  conversation?: ConversationId;
  username?: string;
  data?: { body?: string; attachments?: { id: string }[] };
}
const exported = async (hold: LegalHold): Promise<Line[]> => {
  const path = `/api/v1/admin/legal-holds/${hold.id}/export`;
  const response = await fetch(new URL(path, node.url), {
    headers: { authorization: `Bearer ${owner.accessToken}` },
  });
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toContain('application/jsonl');
  return (await response.text())
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
};
/** The texts of an export, with the last part of the type of their events. */
const textsOf = (lines: readonly Line[]) =>
  lines
    .filter(({ type }) => type === 'message.posted' || type === 'message.edited')
    .map(({ type, data }) => `${type.slice(8)} ${data?.body}`);
const contentOf = (hold: LegalHold, file: string) =>
  fetch(new URL(`/api/v1/admin/legal-holds/${hold.id}/files/${file}`, node.url), {
    headers: { authorization: `Bearer ${owner.accessToken}` },
  });
const remove = async (by: User, conversation: ConversationId, message: Seq) =>
  expect(
    codeOf(await by.request('DELETE', `/conversations/${conversation}/messages/${message}`)),
  ).toBe(200);
const leftOf = async (text: string) =>
  (
    await pool.query(
      `select 'events' as what from events where data::text like $1
       union all select 'messages' from messages where body like $1
       union all select 'held' from held_events where data::text like $1`,
      [`%${text}%`],
    )
  ).rows.map(({ what }) => what);

test('what an account has deleted is kept, for the export only', async () => {
  const sam = await registerAt(node.url, 'sam');
  const group = await sam.group('held author', [member]);
  const hold = await placed({ accounts: [sam.id], reason: 'asked for' });
  const first = await sam.post(group, 'zorkmid one');
  await sam.request('PATCH', `/conversations/${group}/messages/${first}`, { body: 'zorkmid two' });
  const others = await member.post(group, 'frobozz of another');
  const kept = await sam.post(group, 'zorkmid that stays');
  await remove(sam, group, first);
  await remove(member, group, others);

  expect(await leftOf('zorkmid one')).toEqual(['held']);
  expect(await leftOf('zorkmid two')).toEqual(['held']);
  expect(await leftOf('frobozz')).toEqual([]);
  // Affected users cannot see the hold, neither in the message nor in the export of their data.
  const { body: now } = await sam.request('GET', `/conversations/${group}/messages/${first}`);
  expect(now).toMatchObject({ body: '' });
  const own = await sam.request('POST', '/me/export', { password: PASSWORD });
  expect(JSON.stringify(own.body)).not.toMatch(/zorkmid (one|two)|legal|Case 1/);

  const lines = await exported(hold);
  expect(lines[0]).toMatchObject({ type: 'legal_hold', id: hold.id, reason: 'asked for' });
  expect(textsOf(lines)).toEqual([
    'posted zorkmid one',
    'edited zorkmid two',
    'posted zorkmid that stays',
  ]);
  expect(lines.filter(({ type }) => type === 'message.deleted')).toMatchObject([
    { message: first, username: 'sam' },
  ]);
  expect(lines.at(-2)).toMatchObject({ message: kept, username: 'sam', conversation: group });

  // Neither an export by an owner who loses access meanwhile,
  const excluded = async () => {
    const deny = () => Promise.reject(new Error('access lost'));
    for await (const part of legalHoldExport(pool, hold.id, deny)) expect(part).not.toBe('');
  };
  await expect(excluded()).rejects.toThrow('access lost');
  // nor one during which the hold is released may look complete.
  const releasing = (async (statement: { name: string }) => {
    if (statement.name === 'legal-holds-export-events') await release(hold);
    return await pool.query(statement as never);
  }) as unknown as pg.Pool['query'];
  const interrupted = async () => {
    const parts: string[] = [];
    const lines = legalHoldExport({ query: releasing } as pg.Pool, hold.id, async () => undefined);
    for await (const part of lines) parts.push(part);
    return parts;
  };
  await expect(interrupted()).rejects.toMatchObject({ refusal: { code: 'legal_hold_released' } });

  await purged(hold);
  expect(await leftOf('zorkmid one')).toEqual([]);
  expect(codeOf(await owner.request('GET', `/admin/legal-holds/${hold.id}/export`))).toBe(
    'legal_hold_released',
  );
  // What was not deleted remains.
  expect((await sam.request('GET', `/conversations/${group}/messages/${kept}`)).body.body).toBe(
    'zorkmid that stays',
  );
});

test('both sides of direct conversations are kept, in the period of the hold', async () => {
  const ann = await registerAt(node.url, 'ann');
  const { body: direct } = await ann.request('POST', '/conversations/direct', {
    account: member.id,
  });
  const posted = async (by: typeof ann, text: string, at: string) => {
    const seq = await by.post(direct.id, text);
    const where = 'where stream_id = $1 and seq = $2';
    await pool.query(`update events set at = $3 ${where}`, [direct.id, seq, at]);
    await pool.query(
      `update messages set posted_at = $3 ${where.replace('stream', 'conversation')}`,
      [direct.id, seq, at],
    );
    return { by, seq };
  };
  const since = '2025-06-01T00:00:00.000Z';
  const until = '2025-09-01T00:00:00.000Z';
  const messages = [
    await posted(member, 'grue before', '2025-05-31T23:59:59.999Z'),
    await posted(ann, 'grue of ann', since),
    await posted(member, 'grue of mona', '2025-08-31T23:59:59.999Z'),
    await posted(ann, 'grue after', until),
  ];
  const hold = await placed({ accounts: [ann.id], since, until });
  for (const { by, seq } of messages) await remove(by, direct.id, seq);
  expect(textsOf(await exported(hold))).toEqual(['posted grue of ann', 'posted grue of mona']);
  expect(await leftOf('grue after')).toEqual([]);
  expect(await leftOf('grue before')).toEqual([]);
  await purged(hold);
});

test('what retention, a bulk deletion and the erasure of an account delete is kept, with names and files', async () => {
  const eve = await registerAt(node.url, 'eve');
  const group = await eve.group('held group', [member, owner]);
  const hold = await placed({ conversations: [group] });
  const twice = await placed({ accounts: [eve.id], name: 'Case 2' });
  const file = await uploadFile({ ...eve, url: node.url }, 'plover.png', ONE_PIXEL);
  const post = await eve.request('POST', `/conversations/${group}/messages`, {
    body: 'xyzzy with a file',
    attachments: [file],
  });
  const old = await member.post(group, 'xyzzy of last year');
  for (const [table, column] of [
    ['events', 'at'],
    ['messages', 'posted_at'],
  ]) {
    const key = table === 'events' ? 'stream_id' : 'conversation_id';
    await pool.query(
      `update ${table} set ${column} = ${column} - make_interval(days => 400)
       where ${key} = $1 and seq between $2 and $3`,
      [group, post.body.seq, old],
    );
  }
  const spam = await registerAt(node.url, 'spam');
  await eve.request('POST', `/conversations/${group}/members`, { account: spam.id });
  await spam.post(group, 'xyzzy for sale');
  await owner.request('POST', `/admin/accounts/${spam.id}/bulk-deletions`, {});
  await until(async () => !(await leftOf('for sale')).includes('messages'), 'the bulk deletion');
  expect(
    codeOf(await eve.request('PUT', `/conversations/${group}/retention`, { retention: 30 })),
  ).toBe(200);
  await until(async () => !(await leftOf('last year')).includes('messages'), 'the expiry');
  await eve.post(group, 'xyzzy before leaving');
  expect(
    codeOf(await eve.request('POST', '/me/delete', { password: PASSWORD, messages: 'delete' })),
  ).toBeLessThan(300);
  await until(async () => {
    const { rows } = await pool.query(
      'select done_at from erasures where account_id = $1 and done_at is not null',
      [eve.id],
    );
    return rows.length === 1;
  }, 'the erasure');

  const lines = await exported(hold);
  expect(textsOf(lines)).toEqual([
    'posted xyzzy with a file',
    'posted xyzzy of last year',
    'posted xyzzy for sale',
    'posted xyzzy before leaving',
  ]);
  // The name that the account had.
  expect(lines.find(({ message }) => message === post.body.seq)).toMatchObject({
    username: 'eve',
    data: { attachments: [{ id: file }] },
  });
  const state = async () =>
    (await pool.query('select state from files where id = $1', [file])).rows.map((r) => r.state);
  await until(async () => (await state())[0] === 'held', 'the file to be kept');
  expect(Buffer.from(await (await contentOf(hold, file)).arrayBuffer())).toEqual(ONE_PIXEL);
  expect((await member.request('GET', `/files/${file}`)).status).toBe(404);

  const folder = join(makeTempDir('hold-export'), 'out');
  const cli = fileURLToPath(new URL('../cli.ts', import.meta.url));
  const hooks = fileURLToPath(new URL('../../test/support/typescript.mjs', import.meta.url));
  const exportTo = (to: string) =>
    promisify(execFile)(
      process.execPath,
      ['--conditions=source', '--import', hooks, cli, 'legal-hold', 'export', hold.id, to],
      { env: { ...process.env, ...env } },
    );
  await expect(exportTo(join(folder, 'out'))).rejects.toMatchObject({
    stderr: expect.stringContaining(`Folder not found: ${folder}\n`),
  });
  const { stderr } = await exportTo(folder);
  expect(stderr).toContain('messages.jsonl and 1 file.');
  expect(readFileSync(join(folder, 'files', file))).toEqual(ONE_PIXEL);
  expect(readFileSync(join(folder, 'messages.jsonl'), 'utf8')).toContain('xyzzy with a file');
  rmSync(join(folder, '..'), { recursive: true, force: true });

  // The other hold has its own copy, and keeps the file.
  await purged(hold);
  expect(await state()).toEqual(['held']);
  expect(textsOf(await exported(twice))).toEqual([
    'posted xyzzy with a file',
    'posted xyzzy before leaving',
  ]);
  await purged(twice);
  await until(async () => (await state()).length === 0, 'the file to be deleted');
  expect(await leftOf('xyzzy')).toEqual([]);
});

test('the files of a deleted group are kept, also those of hidden messages', async () => {
  const rex = await registerAt(node.url, 'rex');
  const group = await member.group('to delete', [rex]);
  const file = await uploadFile({ ...member, url: node.url }, 'plugh.png', ONE_PIXEL);
  await member.request('POST', `/conversations/${group}/messages`, {
    body: 'plugh',
    attachments: [file],
  });
  const other = await uploadFile({ ...rex, url: node.url }, 'hidden.png', ONE_PIXEL);
  const { body: message } = await rex.request('POST', `/conversations/${group}/messages`, {
    body: 'plugh hidden',
    attachments: [other],
  });
  const path = `/conversations/${group}/messages/${message.seq}/hidden`;
  expect(codeOf(await member.request('PUT', path))).toBeLessThan(300);
  const hold = await placed({ conversations: [group] });
  expect(codeOf(await member.request('DELETE', `/conversations/${group}`))).toBe(204);
  const state = async () =>
    (await pool.query('select state from files where id = any($1)', [[file, other]])).rows.map(
      (r) => r.state,
    );
  await until(async () => (await state()).join() === 'held,held', 'the files to be kept');
  for (const id of [file, other]) expect((await contentOf(hold, id)).status).toBe(200);
  // From the release on, before the purge.
  const inForce = (time: string | null) =>
    pool.query('update legal_holds set released_at = $2 where id = $1', [hold.id, time]);
  await inForce('2026-01-01T00:00:00.000Z');
  expect((await contentOf(hold, file)).status).toBe(409);
  await inForce(null);
  expect(textsOf(await exported(hold))).toEqual(['posted plugh', 'posted plugh hidden']);
  await purged(hold);
  await until(async () => (await state()).length === 0, 'the file to be deleted');
});

test('only owners may manage holds, and the audit log names no affected account', async () => {
  const hold = await placed({ accounts: [admin.id] });
  for (const by of [admin, member]) {
    expect(codeOf(await place({ accounts: [member.id] }, by))).toBe('forbidden');
    expect(codeOf(await release(hold, by))).toBe('forbidden');
    for (const path of ['', '/groups?search=e', `/${hold.id}`, `/${hold.id}/export`]) {
      expect(codeOf(await by.request('GET', `/admin/legal-holds${path}`))).toBe('forbidden');
    }
  }
  const { body: log } = await admin.request('GET', '/admin/audit-log?event=legal_hold_placed');
  expect(log.items[0]).toMatchObject({
    account: null,
    actor: owner.id,
    details: { hold: hold.id, accounts: 1, conversations: 0 },
  });
  expect(JSON.stringify(log)).not.toContain(admin.id);
  expect((await owner.request('GET', '/me')).body.permissions).toContain('manage_legal_holds');
  expect((await admin.request('GET', '/me')).body.permissions).not.toContain('manage_legal_holds');
  await purged(hold);
  // A repeated request changes nothing.
  const { body: before } = await owner.request('GET', `/admin/legal-holds/${hold.id}`);
  expect((await release(hold)).body).toEqual(before);
  const released = await admin.request('GET', '/admin/audit-log?event=legal_hold_released');
  const entries = released.body.items.filter(
    ({ details }: { details: { hold: string } }) => details.hold === hold.id,
  );
  expect(entries).toMatchObject([{ actor: owner.id }]);
});

test('places one hold for repeated requests, and rejects invalid ones', async () => {
  const id = aClientId();
  const answers = await Promise.all([1, 2].map(() => place({ accounts: [member.id] }, owner, id)));
  expect(answers.map(codeOf)).toEqual([201, 201]);
  expect(answers[0]?.body).toEqual(answers[1]?.body);
  expect(codeOf(await place({ accounts: [admin.id] }, owner, id))).toBe('client_id_reused');
  expect(codeOf(await place({}))).toBe('invalid');
  expect(codeOf(await place({ accounts: [aClientId()] }))).toBe('account_not_found');
  expect(codeOf(await place({ conversations: [aClientId()] }))).toBe('conversation_not_found');
  await pool.query(
    `insert into legal_holds (id, name, reason, created_by, created_at)
     select gen_random_uuid(), 'filler', '', $1, now() - interval '1 day'
     from generate_series(2, $2::int)`,
    [owner.id, LIMITS.legalHolds],
  );
  expect(codeOf(await place({ accounts: [member.id] }))).toBe('too_many_legal_holds');
  const { body: page } = await owner.request('GET', '/admin/legal-holds?limit=1');
  expect(page.items).toMatchObject([{ id, accounts: [{ id: member.id, username: 'mona' }] }]);
  const next = await owner.request('GET', `/admin/legal-holds?limit=1&after=${page.next}`);
  expect(next.body.items[0].id).not.toBe(id);
  await pool.query(`delete from legal_holds where name = 'filler'`);
  await purged(answers[0]?.body);
});

test('a release is continued after kill -9', async () => {
  const hold = await placed({ accounts: [member.id] });
  await pool.query(
    `insert into held_events (hold_id, stream_id, seq, data)
     select $1, $1, n, '{"body":"mithril"}' from generate_series(1, 3000) n`,
    [hold.id],
  );
  await pool.query('insert into held_files (hold_id, file_id) values ($1, $1)', [hold.id]);
  const left = async (table: string): Promise<number> =>
    (await pool.query(`select count(*)::int as n from ${table} where hold_id = $1`, [hold.id]))
      .rows[0].n;
  // The node has deleted the texts and waits for the files when it is killed.
  const blocking = await pool.connect();
  try {
    await blocking.query('begin');
    await blocking.query('lock table held_files in share mode');
    expect(codeOf(await release(hold))).toBe(200);
    await until(async () => (await left('held_events')) === 0, 'the texts to be deleted');
    await node.child.kill();
  } finally {
    await blocking.query('rollback');
    blocking.release();
  }
  await start(new URL(node.url).port);
  await until(
    async () =>
      (await owner.request('GET', `/admin/legal-holds/${hold.id}`)).body.purgedAt !== null,
    'the end after the restart',
    60_000,
  );
  expect(await left('held_files')).toBe(0);
  const { rows } = await pool.query(
    `select count(*)::int as n from audit_log
     where event = 'legal_hold_purged' and details ->> 'hold' = $1`,
    [hold.id],
  );
  expect(rows).toEqual([{ n: 1 }]);
  expect(existsSync(dataDir)).toBe(true);
});

test('a concurrent deletion and release leave nothing behind', async () => {
  const group = await member.group('race');
  for (let n = 0; n < 5; n++) {
    const hold = await placed({ conversations: [group] });
    const seqs = await Promise.all([1, 2, 3].map((i) => member.post(group, `orcrist ${n} ${i}`)));
    await Promise.all([...seqs.map((seq) => remove(member, group, seq)), release(hold)]);
    await purged(hold);
    expect(await leftOf('orcrist')).toEqual([]);
  }
});

test('the tables are consistent with the events afterwards', async () => {
  expect(await examine(pool)).toEqual([]);
});
