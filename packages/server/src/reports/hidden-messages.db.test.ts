import type { ConversationId, Seq } from '@parley/protocol';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestCluster, type TestCluster } from '../../test/support/database.ts';
import {
  type Answer,
  startTestServer,
  type TestServer,
  type User,
} from '../../test/support/server.ts';
import { until } from '../../test/support/sink.ts';
import { aClientId } from '../../test/support/stream-builders.ts';
import { ONE_PIXEL, uploadFile } from '../../test/support/uploads.ts';
import { EVERYONE } from '../conversations/everyone.ts';
import { examine } from '../doctor/doctor.ts';

let cluster: TestCluster;
let server: TestServer;
let owner: User;
let ann: User;
let bob: User;
let cid: User;

beforeAll(async () => {
  cluster = await startTestCluster();
  server = await startTestServer(cluster);
  owner = await server.register('olga');
  ann = await server.register('ann');
  bob = await server.register('bob');
  cid = await server.register('cid');
});
afterAll(async () => {
  await server?.stop();
  await cluster?.stop();
});

const codeOf = ({ status, body }: Answer) => body?.code ?? status;
const hidden = (by: User, method: string, id: ConversationId, seq: Seq) =>
  by.request(method, `/conversations/${id}/messages/${seq}/hidden`);
const messageOf = async (by: User, id: ConversationId, seq: Seq) =>
  (await by.request('GET', `/conversations/${id}/messages/${seq}`)).body;
const found = async (by: User, words: string): Promise<number[]> =>
  (await by.request('GET', `/search/messages?query=${encodeURIComponent(words)}`)).body.items.map(
    (item: { message: { seq: number } }) => item.message.seq,
  );
const places = async (text: string): Promise<string[]> =>
  (
    await server.pool.query(
      `select 'events' as what from events where data::text like $1
       union select 'messages' from messages where body like $1
       union select 'attachments' from attachments where file::text like $1
       union select 'hidden' from hidden_messages where events::text like $1 order by 1`,
      [`%${text}%`],
    )
  ).rows.map(({ what }) => what);
const audited = async (event: string, id: ConversationId, seq: Seq) =>
  (
    await server.pool.query(
      `select account_id, actor_id from audit_log
       where event = $1 and details ->> 'conversation' = $2 and (details ->> 'message')::int8 = $3`,
      [event, id, seq],
    )
  ).rows;

test('a message is hidden from everyone but moderators, until it is shown again', async () => {
  const id = await ann.group('hiding', [bob, cid]);
  const path = `/conversations/${id}/messages`;
  const quoted = await ann.post(id, 'the question');
  const file = await uploadFile({ ...bob, url: server.url }, 'xyzzy.png', ONE_PIXEL);
  const { body: posted } = await bob.request('POST', path, {
    body: 'xyzzy first',
    attachments: [file],
    replyTo: quoted,
  });
  const seq: Seq = posted.seq;
  await bob.request('PATCH', `${path}/${seq}`, { body: 'xyzzy for @cid' });
  const before = await messageOf(cid, id, seq);
  expect(before).toMatchObject({ hiddenAt: null, attachments: [{ id: file }] });
  const mentionsOfCid = async () =>
    (await cid.request('GET', `/conversations/${id}`)).body.unreadMentions;
  expect(await mentionsOfCid()).toEqual([seq]);
  await until(async () => (await found(cid, 'xyzzy')).length === 1, 'the search index');

  expect(codeOf(await hidden(ann, 'PUT', id, seq))).toBe(200);
  expect(codeOf(await hidden(ann, 'PUT', id, seq))).toBe(200);
  expect(await places('xyzzy')).toEqual(['hidden']);
  const now = await messageOf(bob, id, seq);
  expect(now).toMatchObject({ body: '', attachments: [], mentions: [], replyTo: null });
  expect(now.hiddenAt).not.toBeNull();
  expect(await mentionsOfCid()).toEqual([]);
  expect(await found(cid, 'xyzzy')).toEqual([]);
  expect(await found(cid, 'from:bob in:hiding')).toEqual([]);
  expect((await bob.request('GET', `/files/${file}`)).status).toBe(404);
  expect((await bob.request('GET', `${path}/${seq}/history`)).body.items ?? []).toEqual([]);
  // Neither its author nor a copy can restore it.
  expect(codeOf(await bob.request('PATCH', `${path}/${seq}`, { body: 'again' }))).toBe(
    'message_hidden',
  );
  const forwarded = await bob.request('POST', `${path}/${seq}/forward`, { to: id });
  expect(codeOf(forwarded)).toBe('message_not_found');
  const notes = await bob.request('POST', '/conversations/direct', { accounts: [bob.id] });
  for (const to of [id, notes.body.id]) {
    const again = { body: 'again', attachments: [file] };
    const reposted = await bob.request('POST', `/conversations/${to}/messages`, again);
    expect(codeOf(reposted)).toBe('file_not_found');
  }
  expect((await bob.request('GET', `/files/${file}`)).status).toBe(404);
  expect(codeOf(await cid.request('POST', `${path}/${seq}/report`, { reason: 'spam' }))).toBe(
    'message_hidden',
  );
  expect(codeOf(await hidden(bob, 'GET', id, seq))).toBe('forbidden');
  expect((await hidden(ann, 'GET', id, seq)).body).toEqual({
    body: 'xyzzy for @cid',
    fileNames: ['xyzzy.png'],
    hiddenBy: ann.id,
  });
  expect(await examine(server.pool)).toEqual([]);

  expect(codeOf(await hidden(bob, 'DELETE', id, seq))).toBe('forbidden');
  expect(codeOf(await hidden(ann, 'DELETE', id, seq))).toBe(200);
  const after = await messageOf(cid, id, seq);
  expect(after).toEqual({ ...before, changedSeq: after.changedSeq });
  expect(await mentionsOfCid()).toEqual([seq]);
  expect((await bob.request('GET', `/files/${file}`)).status).toBe(200);
  expect(await places('xyzzy')).toEqual(['attachments', 'events', 'messages']);
  await until(async () => (await found(cid, 'xyzzy')).length === 1, 'the search index');
  const events = (await cid.request('GET', `/streams/${id}/events?after=0`)).body.items;
  expect(events.filter((e: { type: string }) => e.type.startsWith('message.'))).toMatchObject([
    { type: 'message.posted' },
    { type: 'message.posted', data: { body: 'xyzzy first' } },
    { type: 'message.edited', data: { body: 'xyzzy for @cid' } },
    { type: 'message.hidden', actor: ann.id, data: { message: seq, author: bob.id } },
    { type: 'message.unhidden', data: { body: 'xyzzy for @cid', author: bob.id } },
  ]);
  expect(await examine(server.pool)).toEqual([]);
  for (const event of ['message_hidden', 'message_unhidden', 'hidden_message_viewed']) {
    expect(await audited(event, id, seq)).toEqual([{ account_id: bob.id, actor_id: ann.id }]);
  }

  // A later deletion removes every copy.
  expect(codeOf(await bob.request('DELETE', `${path}/${seq}`))).toBe(200);
  expect(await places('xyzzy')).toEqual([]);
});

test('the id of a message that was hidden and shown again cannot post another one', async () => {
  const id = await ann.group('hidden and repeated', [bob]);
  const key = { 'idempotency-key': aClientId() };
  const post = (body: string) =>
    bob.request('POST', `/conversations/${id}/messages`, { body }, key);
  const { body: posted } = await post('again');
  await hidden(ann, 'PUT', id, posted.seq);
  expect(codeOf(await hidden(ann, 'DELETE', id, posted.seq))).toBe(200);
  expect((await post('again')).body.seq).toBe(posted.seq);
  expect(codeOf(await post('rezrov'))).toBe('client_id_reused');
});

test('a hidden message is deleted with its files', async () => {
  const id = await ann.group('hidden and deleted', [bob]);
  const file = await uploadFile({ ...bob, url: server.url }, 'plugh.png', ONE_PIXEL);
  const other = await uploadFile({ ...bob, url: server.url }, 'plugh.png', ONE_PIXEL);
  const path = `/conversations/${id}/messages`;
  const post = async (files: string[]): Promise<Seq> =>
    (await bob.request('POST', path, { body: 'plugh', attachments: files })).body.seq;
  const seq = await post([file]);
  const both = await post([file, other]);
  await hidden(ann, 'PUT', id, seq);
  // The file is kept for the hidden message when the other one is deleted.
  expect(codeOf(await bob.request('DELETE', `${path}/${both}`))).toBe(200);
  const files = async () =>
    (await server.pool.query('select id from files where id = any($1)', [[file, other]])).rows;
  await until(async () => (await files()).length === 1, 'the other file to be deleted');
  expect(await files()).toEqual([{ id: file }]);
  expect(codeOf(await bob.request('DELETE', `${path}/${seq}`))).toBe(200);
  await until(async () => (await files()).length === 0, 'the file to be deleted');
  expect(await places('plugh')).toEqual([]);
  expect(codeOf(await hidden(ann, 'DELETE', id, seq))).toBe('message_deleted');
  expect(await examine(server.pool)).toEqual([]);
});

test('a legal hold keeps the text of a hidden message, even if it is placed later', async () => {
  const id = await ann.group('hidden and held', [bob]);
  const path = `/conversations/${id}/messages`;
  const seq = await bob.post(id, 'frotz one');
  await bob.request('PATCH', `${path}/${seq}`, { body: 'frotz two' });
  await hidden(ann, 'PUT', id, seq);
  const { body: hold } = await owner.request('POST', '/admin/legal-holds', {
    name: 'Case',
    accounts: [bob.id],
  });
  const texts = async () => {
    const response = await fetch(
      new URL(`/api/v1/admin/legal-holds/${hold.id}/export`, server.url),
      { headers: { authorization: `Bearer ${owner.accessToken}` } },
    );
    return [...(await response.text()).matchAll(/frotz \w+/g)].map(([text]) => text);
  };
  expect(await texts()).toEqual(['frotz one', 'frotz two']);
  await bob.request('DELETE', `${path}/${seq}`);
  expect(await places('frotz')).toEqual([]);
  expect(await texts()).toEqual(['frotz one', 'frotz two']);
  expect((await owner.request('POST', `/admin/legal-holds/${hold.id}/release`)).status).toBe(200);
});

test.each([
  ['owner', 200],
  ['admin', 200],
  ['member', 'forbidden'],
  ['non-member', 'conversation_not_found'],
] as const)('by an %s of the group: %s', async (role, expected) => {
  const by = await server.register(`by-${role}`);
  const id = await ann.group(`by ${role}`, role === 'non-member' ? [bob] : [bob, by]);
  if (role === 'owner' || role === 'admin') {
    await ann.request('PATCH', `/conversations/${id}/members/${by.id}`, { role });
  }
  const seq = await bob.post(id, 'to hide');
  expect(codeOf(await hidden(by, 'PUT', id, seq))).toBe(expected);
  await hidden(ann, 'PUT', id, seq);
  expect(codeOf(await hidden(by, 'GET', id, seq))).toBe(expected);
  expect(codeOf(await hidden(by, 'DELETE', id, seq))).toBe(expected);
});

test('admins of the server hide messages of everyone, and polls can’t be hidden', async () => {
  const seq = await bob.post(EVERYONE, 'to everyone');
  expect(codeOf(await hidden(cid, 'PUT', EVERYONE, seq))).toBe('forbidden');
  expect(codeOf(await hidden(owner, 'PUT', EVERYONE, seq))).toBe(200);
  const poll = await bob.request('POST', `/conversations/${EVERYONE}/polls`, {
    question: 'which?',
    choices: ['one', 'two'],
  });
  expect(codeOf(await hidden(owner, 'PUT', EVERYONE, poll.body.seq))).toBe('not_hideable');
});

test('a report is resolved by hiding its message', async () => {
  const id = await ann.group('reported and hidden', [bob, cid]);
  const seq = await bob.post(id, 'grue');
  await cid.request('POST', `/conversations/${id}/messages/${seq}/report`, { reason: 'abuse' });
  const { body: reports } = await ann.request('GET', `/conversations/${id}/reports`);
  const resolve = () =>
    ann.request('POST', `/reports/${reports.items[0].id}/resolve`, { action: 'hide' });
  expect((await resolve()).status).toBe(204);
  expect((await resolve()).status).toBe(204);
  expect(await messageOf(cid, id, seq)).toMatchObject({ body: '', deletedAt: null });
  expect((await hidden(ann, 'GET', id, seq)).body.body).toBe('grue');
  const { rows } = await server.pool.query(
    `select data ->> 'resolution' as resolution from events
     where stream_id = $1 and type = 'report.resolved'`,
    [cid.id],
  );
  expect(rows).toEqual([{ resolution: 'hidden' }]);
  expect(await places('grue')).toEqual(['hidden']);
});

test('an admin of the server who has hidden a message because of a report shows it again', async () => {
  const id = await ann.group('undone', [bob, cid]);
  const [seq, other] = [await bob.post(id, 'wumpus'), await bob.post(id, 'wumpus of the group')];
  await cid.request('POST', `/conversations/${id}/messages/${seq}/report`, { reason: 'abuse' });
  const { body: reports } = await owner.request('GET', '/admin/reports');
  const report = reports.items.find((r: { message: Seq }) => r.message === seq);
  const resolved = await owner.request('POST', `/reports/${report.id}/resolve`, { action: 'hide' });
  expect(codeOf(resolved)).toBe(204);
  await hidden(ann, 'PUT', id, other);

  // Not a message that someone else has hidden, nor another admin of the server.
  const admin = await server.register('adam');
  await owner.request('PATCH', `/admin/accounts/${admin.id}`, { role: 'admin' });
  for (const method of ['GET', 'DELETE']) {
    expect(codeOf(await hidden(owner, method, id, other))).toBe('conversation_not_found');
    expect(codeOf(await hidden(admin, method, id, seq))).toBe('conversation_not_found');
  }
  expect((await hidden(owner, 'GET', id, seq)).body).toMatchObject({
    body: 'wumpus',
    hiddenBy: owner.id,
  });
  expect(codeOf(await hidden(owner, 'DELETE', id, seq))).toBe(200);
  expect(await messageOf(cid, id, seq)).toMatchObject({ body: 'wumpus', hiddenAt: null });
  // It was never edited, and the search index still has it without a text.
  expect(await examine(server.pool)).toEqual([]);
  expect(await audited('message_unhidden', id, seq)).toEqual([
    { account_id: bob.id, actor_id: owner.id },
  ]);
  expect(codeOf(await hidden(owner, 'DELETE', id, seq))).toBe('conversation_not_found');

  // Only as long as it is an admin of the server.
  const third = await bob.post(id, 'wumpus again');
  await cid.request('POST', `/conversations/${id}/messages/${third}/report`, { reason: 'abuse' });
  const open = (await admin.request('GET', '/admin/reports')).body.items;
  const ofThird = open.find((r: { message: Seq }) => r.message === third);
  await admin.request('POST', `/reports/${ofThird.id}/resolve`, { action: 'hide' });
  expect(codeOf(await hidden(admin, 'GET', id, third))).toBe(200);
  await owner.request('PATCH', `/admin/accounts/${admin.id}`, { role: 'member' });
  for (const method of ['GET', 'DELETE']) {
    expect(codeOf(await hidden(admin, method, id, third))).toBe('conversation_not_found');
  }
});

test('a report of a message that was hidden meanwhile shows that, and is resolved by hiding it', async () => {
  const id = await ann.group('hidden meanwhile', [bob, cid]);
  const seq = await bob.post(id, 'snark');
  await cid.request('POST', `/conversations/${id}/messages/${seq}/report`, { reason: 'abuse' });
  await hidden(ann, 'PUT', id, seq);
  const { body: reports } = await ann.request('GET', `/conversations/${id}/reports`);
  const [{ id: report }] = reports.items;
  const { body: details } = await ann.request('GET', `/reports/${report}`);
  expect(details.context).toMatchObject([{ message: seq, body: '', deleted: false, hidden: true }]);
  const resolved = await ann.request('POST', `/reports/${report}/resolve`, { action: 'hide' });
  expect(codeOf(resolved)).toBe(204);
  expect((await hidden(ann, 'GET', id, seq)).body.body).toBe('snark');
  const { body: left } = await ann.request('GET', `/conversations/${id}/reports`);
  expect(left.items).toEqual([]);
});
