import { type Event, streamOfConversation } from '@parley/protocol';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestCluster, type TestCluster } from '../../../test/support/database.ts';
import {
  aBootstrappedAppend,
  about,
  aRealGroup,
  says,
  stored,
} from '../../../test/support/domain-builders.ts';
import { startTestServer, type TestServer, type User } from '../../../test/support/server.ts';
import { aClientId, anAccount } from '../../../test/support/stream-builders.ts';
import { examine } from '../../doctor/doctor.ts';
import { deleteMessage, editMessage } from '../commands.ts';

let cluster: TestCluster;
let server: TestServer;
let ann: User;
let ben: User;

beforeAll(async () => {
  cluster = await startTestCluster();
  server = await startTestServer(cluster);
  ann = await server.register('ann');
  ben = await server.register('ben');
});
afterAll(async () => {
  await server?.stop();
  await cluster?.stop();
});

test('the text of a deleted message is removed from the log and from replays', async () => {
  const id = await ann.group('Group', [ben]);
  const events = async () =>
    (await ben.request('GET', `/streams/${streamOfConversation(id)}/events?after=0`)).body
      .items as Event[];
  // With a live subscription the latest events are in memory.
  const { epoch } = await server.peer().hello(ben.accessToken);
  await ann.post(id, 'this stays');
  const before = (await events()).at(-1)?.seq ?? 0;
  const seq = await ann.post(id, 'hunter2, by mistake');
  const path = `/conversations/${id}/messages/${seq}`;
  await ann.request('PATCH', path, { body: 'hunter2, again' });
  expect(JSON.stringify(await events())).toContain('hunter2');
  expect((await ann.request('DELETE', path)).status).toBe(200);

  const read = await events();
  expect(JSON.stringify(read)).not.toContain('hunter2');
  expect(read.filter((e) => e.seq > before)).toMatchObject([
    { seq, type: 'message.posted', data: { body: '' } },
    { seq: seq + 1, type: 'message.edited', data: { message: seq, body: '' } },
    { seq: seq + 2, type: 'message.deleted', data: { message: seq } },
  ]);
  expect(JSON.stringify(read)).toContain('this stays');

  const back = server.peer();
  await back.hello(ben.accessToken, { epoch, cursor: { [id]: before } });
  // All missed events have arrived before `live`.
  expect(JSON.stringify(back.frames)).not.toContain('hunter2');
  const missed = back.of('event').filter((e) => e.stream === streamOfConversation(id));
  expect(missed.map((e) => e.type)).toEqual([
    'message.posted',
    'message.edited',
    'message.deleted',
  ]);
});

test('every version of an edited message is removed, and no other message', async () => {
  const id = await ann.group('Edits', [ben]);
  const other = await ann.group('Another one', [ben]);
  const stream = streamOfConversation(id);
  const { epoch } = await server.peer().hello(ben.accessToken);
  const seq = await ann.post(id, 'text one');
  // The same seq elsewhere, and another message of the same conversation.
  expect(await ann.post(other, 'kept elsewhere')).toBe(seq);
  const kept = await ann.post(id, 'kept one');
  const edit = async (conversation: string, message: number, body: string) => {
    const path = `/conversations/${conversation}/messages/${message}`;
    expect((await ann.request('PATCH', path, { body })).status).toBe(200);
  };
  for (const body of ['text two', 'text three']) await edit(id, seq, body);
  await edit(id, kept, 'kept two');
  await edit(other, seq, 'kept elsewhere too');
  const texts = async () => {
    const rows = await server.rows(`select data ->> 'body' as body from events
      where stream_id in ('${id}', '${other}') and data ->> 'body' is not null order by seq`);
    return rows.map((row) => row.body).sort();
  };
  const history = async (query = '') =>
    (await ben.request('GET', `/conversations/${id}/messages/${seq}/history${query}`)).body;
  const versions = [
    { seq: kept + 2, body: 'text three', at: expect.any(String) },
    { seq: kept + 1, body: 'text two', at: expect.any(String) },
    { seq, body: 'text one', at: expect.any(String) },
  ];
  // Until the deletion, members can read the edit history, at once or by pages.
  expect(await history()).toEqual({ items: versions, hasOlder: false });
  expect(await history('?limit=2')).toEqual({ items: versions.slice(0, 2), hasOlder: true });
  expect(await history(`?limit=2&before=${kept + 1}`)).toEqual({
    items: versions.slice(2),
    hasOlder: false,
  });
  const shown = await ben.request('GET', `/streams/${stream}/events?after=0`);
  expect(JSON.stringify(shown.body)).toContain('text one');
  const always = ['kept elsewhere', 'kept elsewhere too', 'kept one', 'kept two'];
  expect(await texts()).toEqual([...always, 'text one', 'text three', 'text two']);
  await ann.request('DELETE', `/conversations/${id}/messages/${seq}`);
  expect(await texts()).toEqual(['', '', '', ...always]);
  expect(await history()).toEqual({ items: [], hasOlder: false });

  // Neither a resume nor a gap fill sends them.
  const peer = server.peer();
  await peer.hello(ben.accessToken, { epoch, cursor: { [stream]: seq - 1 } });
  peer.send({ op: 'fill', id: aClientId(), stream, after: seq - 1 });
  await peer.next('ack');
  await peer.until(
    () => peer.of('event').filter((e) => e.type === 'message.deleted').length === 2,
    'the range',
  );
  expect(JSON.stringify(peer.frames)).not.toMatch(/text (one|two|three)/);
});

test('a repeated post of a deleted message is answered with its seq and without its text', async () => {
  const id = await ann.group('Other group', [ben]);
  const key = { 'idempotency-key': '01990000-0000-7000-8000-000000000001' };
  const post = () =>
    ann.request('POST', `/conversations/${id}/messages`, { body: 'deleted later' }, key);
  const { seq } = (await post()).body;
  await ann.request('DELETE', `/conversations/${id}/messages/${seq}`);
  expect((await post()).body).toMatchObject({ seq, body: '' });
});

test('the doctor has no findings afterwards', async () => {
  const database = await (await cluster.fresh()).open();
  const append = await aBootstrappedAppend(database.pool);
  const eve = await anAccount(database.pool);
  const id = await aRealGroup(append, [eve]);
  const seq = await says(append, eve, id, 'deleted later');
  stored(await editMessage(append, about(eve, id), seq, 'an edited text'));
  stored(await deleteMessage(append, about(eve, id), seq));
  const found = await examine(database.pool);
  expect(found.filter((f) => f.table === 'events' || f.table === 'messages')).toEqual([]);
});
