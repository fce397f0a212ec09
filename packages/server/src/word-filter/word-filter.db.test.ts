import type { AccountId, FilteredWord, Report } from '@parley/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestCluster, type TestCluster, testLog } from '../../test/support/database.ts';
import {
  type Answer,
  startTestServer,
  type TestServer,
  type User,
} from '../../test/support/server.ts';
import { until } from '../../test/support/sink.ts';
import { aClientId } from '../../test/support/stream-builders.ts';
import { uploadFile } from '../../test/support/uploads.ts';
import { AuditLog } from '../audit/audit-log.ts';
import { examine } from '../doctor/doctor.ts';
import { systemClock } from '../runtime/clock.ts';
import { changeWordFilter } from './change.ts';

let cluster: TestCluster;
let server: TestServer;
let owner: User;
let admin: User;
let member: User;
let group: string;
beforeAll(async () => {
  cluster = await startTestCluster();
  server = await startTestServer(cluster);
  owner = await server.register('olga');
  admin = await server.register('adam');
  member = await server.register('mona');
  await owner.request('PATCH', `/admin/accounts/${admin.id}`, { role: 'admin' });
  group = await owner.group('filtered', [admin, member]);
});
afterAll(async () => {
  await server.stop();
  await cluster.stop();
});

const codeOf = ({ status, body }: Answer) => `${status} ${body?.code}`;
const read = (by: User) => by.request('GET', '/admin/word-filter');
const change = async (words: readonly FilteredWord[], by = admin): Promise<Answer> => {
  const { revision } = (await read(owner)).body;
  return by.request('PUT', '/admin/word-filter', { words, revision });
};
const reject = (text: string): FilteredWord => ({ text, action: 'reject' });
const flag = (text: string): FilteredWord => ({ text, action: 'flag' });
const post = (body: string, more: object = {}, by = member, key: string = aClientId()) =>
  by.request(
    'POST',
    `/conversations/${group}/messages`,
    { body, ...more },
    { 'idempotency-key': key },
  );
const flagged = async (): Promise<Report[]> => {
  const { body } = await owner.request('GET', '/admin/reports?limit=200');
  return body.items.filter(({ reporter }: Report) => reporter === null);
};
const inLater = (ms: number) => new Date(Date.now() + ms).toISOString();

describe('the list of the word filter', () => {
  test.each([
    ['olga', 200],
    ['adam', 200],
    ['mona', 403],
  ])('%s: %i', async (name, status) => {
    const by = [owner, admin, member].find((user) => user.name === name) ?? member;
    expect((await read(by)).status).toBe(status);
    expect((await change([reject(`of ${name}`)], by)).status).toBe(status);
  });

  test('is in no event or setting that members receive', async () => {
    expect((await change([reject('unspeakable')])).status).toBe(200);
    const settings = await member.request('GET', '/server-settings');
    expect(JSON.stringify(settings.body)).not.toContain('unspeakable');
    expect(await server.rows(`select 1 from events where data::text like '%unspeakable%'`)).toEqual(
      [],
    );
    const audited = await server.rows(
      `select details from audit_log where event = 'word_filter_changed' order by id desc limit 1`,
    );
    expect(audited).toEqual([{ details: { rejected: 1, flagged: 0 } }]);
  });

  test('is not overwritten by an admin who edited an older version', async () => {
    const { revision } = (await read(owner)).body;
    const put = (by: User, text: string) =>
      by.request('PUT', '/admin/word-filter', { words: [reject(text)], revision });
    const answers = await Promise.all([put(owner, 'first'), put(admin, 'second')]);
    expect(answers.map(codeOf).sort()).toEqual(['200 undefined', '409 word_filter_changed']);
    // The request that was stored may be sent again.
    const won = answers[0]?.status === 200 ? 'first' : 'second';
    const changes = () => server.rows(`select from audit_log where event = 'word_filter_changed'`);
    const { length } = await changes();
    expect((await put(owner, won)).body).toMatchObject({ revision: revision + 1 });
    expect(await changes()).toHaveLength(length);
  });

  test('is not changed by an account that is no longer an admin when it is stored', async () => {
    const { revision } = (await read(owner)).body;
    const actor = member.id as AccountId;
    const audit = {
      log: new AuditLog({ pool: server.pool, clock: systemClock, log: testLog }),
      address: '::1',
    };
    const stored = changeWordFilter(server.pool, {
      ...{ actor, revision, audit, at: new Date() },
      words: [reject('late')],
    });
    await expect(stored).rejects.toMatchObject({ refusal: { code: 'forbidden' } });
    expect((await read(owner)).body.revision).toBe(revision);
  });

  test.each([['*'], ['a*b'], [''], ['!?'], ['x'.repeat(61)], ['a **']])(
    'rejects the entry %j',
    async (text) => {
      expect(codeOf(await change([reject(text)]))).toBe('422 invalid');
    },
  );

  test('has at most 500 entries', async () => {
    const words = Array.from({ length: 501 }, (_, n) => reject(`word${n}`));
    expect(codeOf(await change(words))).toBe('422 invalid');
    expect((await change(words.slice(1))).status).toBe(200);
  });
});

describe('a rejected word', () => {
  test('is refused in every way to add text to a message', async () => {
    await change([]);
    const own = (await post('harmless')).body.seq;
    const source = (await post('zorkmid in the source', {}, owner)).body.seq;
    const key = aClientId();
    expect((await post('a zorkmid before', {}, member, key)).status).toBe(201);
    const later = { conversation: group, sendAt: inLater(3_600_000) };
    const early = await member.request('POST', '/me/scheduled', { ...later, body: 'zorkmid soon' });
    expect(early.status).toBe(201);
    await change([flag('unusual'), reject('zorkmid*')]);

    const on = (method: string, path: string, body: object) =>
      member.request(method, `/conversations/${group}${path}`, body);
    const kept = await member.request('POST', '/me/scheduled', { ...later, body: 'fine' });
    const refused: Record<string, Answer> = {
      post: await post('two ZÓRKMIDS'),
      reply: await post('zorkmid', { replyTo: own }),
      'reply in a thread': await post('zorkmid', { thread: own }),
      'reply in the conversation': await post('zorkmid', { thread: own, alsoInConversation: true }),
      edit: await on('PATCH', `/messages/${own}`, { body: 'zorkmid' }),
      'question of a poll': await on('POST', '/polls', {
        question: 'zorkmid?',
        choices: ['a', 'b'],
      }),
      'choice of a poll': await on('POST', '/polls', {
        question: 'which',
        choices: ['a', 'zorkmid'],
      }),
      'choice after a flagged question': await on('POST', '/polls', {
        question: 'an unusual question',
        choices: ['a', 'zorkmid'],
      }),
      forward: await on('POST', `/messages/${source}/forward`, { to: group }),
      'name of a file': await post('see the file', {
        attachments: [
          await uploadFile({ ...member, url: server.url }, 'zorkmid.txt', Buffer.from('text')),
        ],
      }),
      schedule: await member.request('POST', '/me/scheduled', { ...later, body: 'zorkmid' }),
      'sending of a scheduled message': await member.request(
        'POST',
        `/me/scheduled/${early.body.id}/send`,
      ),
      'change of a scheduled message': await member.request(
        'PATCH',
        `/me/scheduled/${kept.body.id}`,
        { body: 'zorkmid' },
      ),
    };
    for (const [name, answer] of Object.entries(refused)) {
      expect(`${name}: ${codeOf(answer)}`).toBe(`${name}: 422 word_rejected`);
    }
    // The response to a post from before the change was lost: its retry is answered as it was.
    expect((await post('a zorkmid before', {}, member, key)).status).toBe(201);
    const socket = server.peer();
    await socket.hello(member.accessToken);
    socket.send({ op: 'post', id: aClientId(), conversation: group, body: 'zorkmid' });
    expect(await socket.next('nack')).toMatchObject({ code: 'word_rejected' });
    await change([]);
    expect((await post('zorkmid again')).status).toBe(201);
  });
});

describe('a flagged word', () => {
  test('posts the message and reports it once, with the text of its last edit', async () => {
    await change([flag('pills')]);
    const { seq } = (await post('cheap pills')).body;
    await until(async () => (await flagged()).length > 0, 'the report');
    await member.request('PATCH', `/conversations/${group}/messages/${seq}`, {
      body: 'cheaper pills',
    });
    await until(async () => (await flagged())[0]?.text === 'cheaper pills', 'the edit');
    const reports = await flagged();
    expect(reports).toMatchObject([
      { message: seq, reason: 'word_filter', comment: 'pills', author: { account: member.id } },
    ]);
    const id = reports[0]?.id;
    expect(codeOf(await member.request('GET', `/reports/${id}`))).toBe('404 not_found');
    expect((await admin.request('GET', `/reports/${id}`)).status).toBe(200);
    const resolve = (by: User, action: string) =>
      by.request('POST', `/reports/${id}/resolve`, { action });
    expect(codeOf(await resolve(member, 'dismiss'))).toBe('404 not_found');
    expect((await resolve(admin, 'dismiss')).status).toBe(204);
    expect((await resolve(owner, 'dismiss')).status).toBe(204);
    expect(codeOf(await resolve(owner, 'delete'))).toBe('409 report_resolved');
    expect(await flagged()).toEqual([]);
    const rows = await server.rows(`select message_text, comment from reports where id = '${id}'`);
    expect(rows).toEqual([{ message_text: '', comment: '' }]);
  });

  test('is not reported if its message is hidden or deleted before', async () => {
    await change([]);
    const [hidden, deleted] = [(await post('one')).body.seq, (await post('two')).body.seq];
    const at = (seq: number) => `/conversations/${group}/messages/${seq}`;
    expect((await owner.request('PUT', `${at(hidden)}/hidden`)).status).toBe(200);
    expect((await member.request('DELETE', at(deleted))).status).toBe(200);
    await server.rows(
      `insert into word_flags (actor_id, client_id, word, flagged_at)
       select actor_id, client_id, 'pills', now() from events
       where stream_id = '${group}' and seq in (${hidden}, ${deleted})`,
    );
    const queue = () => server.rows('select from word_flags');
    await until(async () => (await queue()).length === 0, 'the queue to be processed');
    expect(await flagged()).toEqual([]);
  });

  test('shows its entry to admins of the server, not to a member who has created a group', async () => {
    await change([flag('*pill*')]);
    const own = await member.group('bait', [owner]);
    const seq = await owner.post(own, 'pillow');
    await until(async () => {
      const { body } = await admin.request('GET', `/conversations/${own}/reports`);
      return body.items.length === 1;
    }, 'the report');
    const path = `/conversations/${own}/reports`;
    const [seen] = (await member.request('GET', path)).body.items;
    expect(seen).toMatchObject({
      message: seq,
      reason: 'word_filter',
      text: 'pillow',
      comment: '',
    });
    const details = await member.request('GET', `/reports/${seen.id}`);
    expect(details.body.report).toEqual(seen);
    expect((await admin.request('GET', path)).body.items[0].comment).toBe('*pill*');
    await admin.request('POST', `/reports/${seen.id}/resolve`, { action: 'dismiss' });
  });

  test('is deleted, and its author suspended, with the reports of members', async () => {
    await change([flag('pills')]);
    const spammer = await server.register('spammer');
    await owner.request('POST', `/conversations/${group}/members`, { account: spammer.id });
    const messages = await Promise.all(
      ['pills 1', 'pills 2', 'pills 3'].map(
        async (text) => (await post(text, {}, spammer)).body.seq,
      ),
    );
    await until(async () => (await flagged()).length === 3, 'the reports');
    const idOf = async (seq: number) => (await flagged()).find((r) => r.message === seq)?.id;
    const [one, two, three] = messages;
    await member.request('POST', `/conversations/${group}/messages/${one}/report`, {
      reason: 'spam',
    });
    const resolve = async (id: string | undefined, body: object) =>
      admin.request('POST', `/reports/${id}/resolve`, body);
    // Both reports of the first one are resolved, and the member learns of it.
    expect((await resolve(await idOf(one), { action: 'delete' })).status).toBe(204);
    const told = await server.rows(
      `select data from events where stream_id = '${member.id}' and type = 'report.resolved'`,
    );
    expect(told).toMatchObject([{ data: { message: one, resolution: 'deleted' } }]);
    // Its author has deleted the second one already.
    await spammer.request('DELETE', `/conversations/${group}/messages/${two}`);
    expect((await resolve(await idOf(two), { action: 'delete' })).status).toBe(204);
    const suspendUntil = '2100-01-01T00:00:00.000Z';
    const last = await idOf(three);
    expect((await resolve(last, { action: 'delete', suspendUntil })).status).toBe(204);
    expect((await resolve(last, { action: 'delete' })).status).toBe(204);
    expect(await flagged()).toEqual([]);
    const { body } = await owner.request('GET', `/admin/accounts/${spammer.id}`);
    expect(body.suspendedUntil).toBe(suspendUntil);
    const left = await server.rows(
      `select 1 from messages where author_id = '${spammer.id}' and deleted_at is null`,
    );
    expect(left).toEqual([]);
  });
});

test('the tables are as the events give them afterwards, and the queue is empty', async () => {
  expect(await examine(server.pool)).toEqual([]);
  expect(await server.rows('select 1 from word_flags')).toEqual([]);
});
