import { NOTIFICATION_DEFAULTS, type Seq } from '@parley/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PASSWORD } from '../../test/support/credentials.ts';
import { startTestCluster, type TestCluster } from '../../test/support/database.ts';
import { startTestServer, type TestServer, type User } from '../../test/support/server.ts';
import { until } from '../../test/support/sink.ts';
import { aClientId } from '../../test/support/stream-builders.ts';
import { examine } from '../doctor/doctor.ts';
import { decideNext } from './decide.ts';
import { claimDeliveries, deferDeliveries, finishDeliveries } from './deliveries.ts';
import { deleteOldDecisions } from './ledger.ts';
import { conversationsBehind } from './messages-to-decide.ts';
import { recheck } from './recheck.ts';

let cluster: TestCluster;
let server: TestServer;
let ann: User;
let bob: User;

beforeAll(async () => {
  cluster = await startTestCluster();
  server = await startTestServer(cluster);
  ann = await server.register('ann');
  bob = await server.register('bob');
});
afterAll(async () => {
  await server?.stop();
  await cluster?.stop();
});

const codeOf = ({ status, body }: { status: number; body: { code: string } }) =>
  `${status} ${body?.code}`;
const settingsOf = async (user: User) => (await user.request('GET', '/me/notifications')).body;
const change = (user: User, body: object) => user.request('PATCH', '/me/notifications', body);
const override = (user: User, conversation: string, body: object, thread?: number) => {
  const path = `/me/notifications/conversations/${conversation}`;
  return user.request('PATCH', thread === undefined ? path : `${path}/threads/${thread}`, body);
};
const eventsOf = (user: User) =>
  server.rows(
    `select type, data from events where stream_id = '${user.id}' and type like 'notifications.%'
     order by seq`,
  );

describe('notification settings', () => {
  test('are the defaults, and change field by field', async () => {
    const cat = await server.register('cat');
    expect(await settingsOf(cat)).toEqual({
      settings: NOTIFICATION_DEFAULTS,
      seq: 0,
      overrides: [],
    });
    const quietHours = { start: '22:00', end: '07:00', timeZone: 'Europe/Berlin' };
    expect((await change(cat, { level: 'mentions', quietHours })).status).toBe(200);
    const { body } = await change(cat, { keywords: ['Deploy', 'deploy', 'café'] });
    expect(body.settings).toEqual({
      ...NOTIFICATION_DEFAULTS,
      level: 'mentions',
      quietHours,
      keywords: ['deploy', 'café'],
    });
    expect(await eventsOf(cat)).toHaveLength(2);
    // Setting a current value creates no event.
    expect((await change(cat, { keywords: ['deploy', 'café'] })).status).toBe(200);
    expect(await eventsOf(cat)).toHaveLength(2);
  });

  test.each([
    { level: 'loud' },
    { quietHours: { start: '25:00', end: '07:00', timeZone: 'Europe/Berlin' } },
    { quietHours: { start: '22:00', end: '07:00', timeZone: 'Berlin' } },
    { quietHours: { start: '07:00', end: '07:00', timeZone: 'UTC' } },
    { keywords: [''] },
    { keywords: ['x'.repeat(51)] },
    { keywords: Array.from({ length: 26 }, (_, n) => `word${n}`) },
  ])('reject %j', async (body) => {
    expect(codeOf(await change(ann, body))).toBe('422 invalid');
  });

  test('of a conversation and a thread are for its members', async () => {
    const group = await ann.group('settings', [bob]);
    const root = await ann.post(group, 'root');
    const reply = (await bob.request('POST', `/conversations/${group}/messages`, {
      body: 'reply',
      thread: root,
    })) as { body: { seq: number } };
    const end = new Date(Date.now() + 3_600_000).toISOString();
    expect((await override(bob, group, { muted: { until: end } })).body).toEqual({
      level: null,
      muted: { until: end },
      seq: expect.any(Number),
    });
    expect((await override(bob, group, { level: 'all' })).body.muted).toEqual({ until: end });
    expect((await override(bob, group, { level: 'nothing' }, root)).status).toBe(200);
    expect(codeOf(await override(bob, group, { level: 'all' }, reply.body.seq))).toBe(
      '409 is_reply',
    );
    expect(codeOf(await override(bob, group, { level: 'all' }, 9_999))).toBe(
      '404 message_not_found',
    );
    const past = { muted: { until: new Date(Date.now() - 1_000).toISOString() } };
    expect(codeOf(await override(bob, group, past))).toBe('422 time_passed');
    const { overrides } = await settingsOf(bob);
    expect(overrides).toMatchObject([
      { conversation: group, thread: root, level: 'nothing', muted: null },
      { conversation: group, level: 'all', muted: { until: end } },
    ]);
    // No one else receives them.
    expect((await settingsOf(ann)).overrides).toEqual([]);

    const dan = await server.register('dan');
    expect(codeOf(await override(dan, group, { level: 'all' }))).toBe('404 conversation_not_found');
    expect(codeOf(await override(dan, group, { level: 'all' }, 9_999))).toBe(
      '404 conversation_not_found',
    );
    const none = { level: null, muted: null };
    expect(codeOf(await override(dan, group, none))).toBe('404 conversation_not_found');
    await bob.request('POST', `/conversations/${group}/leave`);
    expect(codeOf(await override(bob, group, { level: 'mentions' }))).toBe(
      '404 conversation_not_found',
    );
    expect((await override(bob, group, { level: null, muted: null })).status).toBe(200);
    expect((await settingsOf(bob)).overrides).toMatchObject([{ thread: root }]);
  });

  test('arrive on all devices, once, even if the request is repeated', async () => {
    const eve = await server.register('eve');
    const device = server.peer();
    await device.hello(eve.accessToken);
    const key = { 'idempotency-key': aClientId() };
    for (const _ of [1, 2]) {
      const answer = await eve.request('PATCH', '/me/notifications', { level: 'nothing' }, key);
      expect(answer.status).toBe(200);
    }
    const event = await device.next('event', (e) => e.type === 'notifications.changed');
    expect(event.data).toEqual({ ...NOTIFICATION_DEFAULTS, level: 'nothing' });
    expect(await eventsOf(eve)).toHaveLength(1);
    device.close();
  });

  test('are in the export, and are removed with an erased account', async () => {
    const fay = await server.register('fay');
    await change(fay, { keywords: ['secret project'] });
    const group = await ann.group('of fay', [fay]);
    await override(fay, group, { muted: { until: null } });
    const { body } = await fay.request('POST', '/me/export', { password: PASSWORD });
    expect(body.notificationSettings).toMatchObject([
      { conversation: null, settings: { keywords: ['secret project'] } },
      { conversation: group, settings: { muted: { until: null } } },
    ]);
    await fay.request('POST', '/me/delete', { password: PASSWORD, messages: 'keep' });
    await until(
      async () =>
        (
          await server.rows(
            `select from erasures where account_id = '${fay.id}' and done_at is not null`,
          )
        ).length === 1,
      'the erasure to be done',
    );
    expect(JSON.stringify(await eventsOf(fay))).not.toContain('secret');
    for (const table of ['notification_changes', 'notification_keywords']) {
      expect(await server.rows(`select from ${table} where account_id = '${fay.id}'`)).toHaveLength(
        0,
      );
    }
  });

  test('follow from the events', async () => {
    expect(await examine(server.pool)).toEqual([]);
  });
});

describe('the ledger of notifications', () => {
  const post = async (by: User, conversation: string, body: object): Promise<number> => {
    const answer = await by.request('POST', `/conversations/${conversation}/messages`, body);
    expect(answer.status).toBe(201);
    return answer.body.seq;
  };
  const why = (user: User, conversation: string, seq: number) =>
    user.request('GET', `/notifications/why?conversation=${conversation}&seq=${seq}`);
  /** Waits until a message is decided. */
  const decided = (conversation: string, seq: number) =>
    until(
      async () =>
        (
          await server.rows(
            `select from notification_progress
             where conversation_id = '${conversation}' and seq >= ${seq}`,
          )
        ).length === 1,
      'the message to be decided',
    );
  const rowsOf = (conversation: string) =>
    server.rows(
      `select account_id, message_seq::int as message_seq, reason from notification_decisions
       where conversation_id = '${conversation}' order by message_seq, account_id`,
    );

  test('has each recipient of a direct message, a mention, a keyword and a reply, once', async () => {
    const gil = await server.register('gil');
    const hal = await server.register('hal');
    await change(hal, { keywords: ['Déploy'] });
    const group = await gil.group('of the ledger', [hal, bob]);
    const direct = (await gil.request('POST', '/conversations/direct', { account: hal.id })).body
      .id;
    const told = await post(gil, direct, { body: 'hello' });
    await post(gil, group, { body: 'a plain message' });
    const mention = await post(gil, group, { body: '@hal look' });
    const keyword = await post(gil, group, { body: 'the DEPLOY is done' });
    const reply = await post(hal, group, { body: 'in the thread', thread: mention });
    await decided(direct, told);
    await decided(group, reply);
    expect(await rowsOf(direct)).toEqual([
      { account_id: hal.id, message_seq: told, reason: 'direct_message' },
    ]);
    expect(await rowsOf(group)).toEqual([
      { account_id: hal.id, message_seq: mention, reason: 'mention' },
      { account_id: hal.id, message_seq: keyword, reason: 'keyword' },
      { account_id: gil.id, message_seq: reply, reason: 'thread_reply' },
    ]);
    expect((await why(hal, group, mention)).body).toEqual({
      reason: 'mention',
      badge: true,
      inApp: true,
      push: 'no_channel',
      email: 'unread',
      deliveries: [],
      decidedAt: expect.any(String),
    });
  });

  test('explains from the settings at that time, if nothing is stored', async () => {
    const ida = await server.register('ida');
    const group = await ann.group('of ida', [ida]);
    const loud = await post(ann, group, { body: 'before' });
    await override(ida, group, { muted: { until: null } });
    const muted = await post(ann, group, { body: 'while muted' });
    const named = await post(ann, group, { body: '@ida while muted' });
    // A decision uses the settings at its time.
    await decided(group, named);
    await override(ida, group, { muted: null, level: 'mentions' });
    const after = await post(ann, group, { body: 'only mentions' });
    await ida.request('PATCH', '/me/status', {
      doNotDisturbUntil: new Date(Date.now() + 3_600_000).toISOString(),
    });
    const quiet = await post(ann, group, { body: '@everyone listen' });
    await ida.request('PATCH', '/me/status', { doNotDisturbUntil: null });
    await decided(group, quiet);
    const reasons: string[] = [];
    for (const seq of [loud, muted, named, after, quiet]) {
      reasons.push((await why(ida, group, seq)).body.reason);
    }
    expect(reasons).toEqual([
      'all_messages',
      'conversation_muted',
      'conversation_muted',
      'level_mentions',
      'do_not_disturb',
    ]);
    expect((await why(ida, group, muted)).body.decidedAt).toBeNull();
    expect((await why(ann, group, loud)).body.reason).toBe('own_event');
    const jan = await server.register('jan');
    expect(codeOf(await why(jan, group, loud))).toBe('404 conversation_not_found');
    expect(codeOf(await why(ida, group, 9_999))).toBe('404 message_not_found');
    await ann.request('POST', `/conversations/${group}/members`, { account: jan.id });
    expect((await why(jan, group, loud)).body.reason).toBe('not_member');
  });

  test('reports that the author is blocked, for plain messages, mentions and direct messages of several', async () => {
    const [mia, noa] = [await server.register('mia'), await server.register('noa')];
    const group = await ann.group('of mia', [mia, noa]);
    const { body } = await ann.request('POST', '/conversations/direct', {
      accounts: [mia.id, noa.id],
    });
    const before = await post(noa, group, { body: 'not blocked yet' });
    expect((await mia.request('PUT', `/me/blocks/${noa.id}`)).status).toBeLessThan(300);
    const plain = await post(noa, group, { body: 'hello' });
    const named = await post(noa, group, { body: '@mia look' });
    const direct = await post(noa, body.id, { body: 'among three' });
    const other = await post(ann, body.id, { body: 'from someone else' });
    await decided(group, named);
    await decided(body.id, other);
    const whyIn = async (conversation: string, seq: number) =>
      (await why(mia, conversation, seq)).body;
    expect(await whyIn(group, before)).toMatchObject({ reason: 'all_messages' });
    for (const seq of [plain, named]) {
      expect(await whyIn(group, seq)).toMatchObject({ reason: 'blocked', inApp: false });
    }
    expect(await whyIn(body.id, direct)).toMatchObject({
      reason: 'blocked',
      badge: false,
      decidedAt: expect.any(String),
    });
    expect(await whyIn(body.id, other)).toMatchObject({ reason: 'direct_message', badge: true });
    // The blocked user is still notified of messages from the blocker.
    expect((await why(noa, body.id, other)).body.reason).toBe('direct_message');
  });

  test('decides plain direct messages together as it would decide each alone', async () => {
    const [tia, uma] = [await server.register('tia'), await server.register('uma')];
    const direct = (await tia.request('POST', '/conversations/direct', { account: uma.id })).body
      .id;
    const first = await post(tia, direct, { body: 'one' });
    const read = await post(tia, direct, { body: 'two' });
    const answer = await post(uma, direct, { body: 'three' });
    const last = await post(tia, direct, { body: 'four' });
    await decided(direct, last);
    await server.rows(
      `update memberships set read_seq = ${read}
       where conversation_id = '${direct}' and account_id = '${uma.id}'`,
    );
    // As after a crash that lost the decisions.
    const decideAgain = async () => {
      await server.rows(`delete from notification_decisions where conversation_id = '${direct}'`);
      await server.rows(
        `update notification_progress set seq = 0 where conversation_id = '${direct}'`,
      );
      await decideNext(server.pool, [direct], { presenceOf: () => 'away', now: Date.now() });
    };
    const expected = [
      { account_id: uma.id, message_seq: first, reason: 'already_read' },
      { account_id: uma.id, message_seq: read, reason: 'already_read' },
      { account_id: tia.id, message_seq: answer, reason: 'direct_message' },
      { account_id: uma.id, message_seq: last, reason: 'direct_message' },
    ];
    await decideAgain();
    expect(await rowsOf(direct)).toEqual(expected);
    // With a mention among them each is decided alone.
    const mention = await post(tia, direct, { body: '@uma five' });
    await decided(direct, mention);
    await decideAgain();
    expect(await rowsOf(direct)).toEqual([
      ...expected,
      { account_id: uma.id, message_seq: mention, reason: 'mention' },
    ]);
    // A deleted message is among them.
    await tia.request('DELETE', `/conversations/${direct}/messages/${last}`);
    await override(uma, direct, { muted: { until: null } });
    await decideAgain();
    expect((await rowsOf(direct)).slice(-2)).toMatchObject([
      { message_seq: last, reason: 'message_deleted' },
      { message_seq: mention, reason: 'conversation_muted' },
    ]);
  });

  test('decides nothing twice, even from an earlier position or on two nodes at once', async () => {
    const kim = await server.register('kim');
    const group = await ann.group('of kim', [kim]);
    const before = await post(ann, group, { body: '@kim one' });
    const seq = await post(ann, group, { body: '@kim two' });
    await decided(group, seq);
    const stored = await server.rows(
      `select * from notification_decisions where conversation_id = '${group}'`,
    );
    await server.rows(
      `update notification_progress set seq = ${before - 1} where conversation_id = '${group}'`,
    );
    await Promise.all(
      [1, 2, 3].map(() =>
        decideNext(server.pool, [group], { presenceOf: () => 'active', now: Date.now() }),
      ),
    );
    expect(
      await server.rows(`select * from notification_decisions where conversation_id = '${group}'`),
    ).toEqual(stored);
  });

  test('is complete after a node was killed between the commit and the decision', async () => {
    const lea = await server.register('lea');
    const group = await ann.group('of lea', [lea]);
    const seq = await post(ann, group, { body: '@lea later' });
    await decided(group, seq);
    // As if the node that committed it had been killed, and the transaction of its decisions lost.
    await server.rows(`delete from notification_decisions where conversation_id = '${group}'`);
    await server.rows(`delete from notification_progress where conversation_id = '${group}'`);
    expect(await conversationsBehind(server.pool)).toContain(group);
    await decideNext(server.pool, [group], { presenceOf: () => 'away', now: Date.now() });
    expect(await rowsOf(group)).toMatchObject([{ account_id: lea.id, reason: 'mention' }]);
  });

  test('has no row for a plain message in a group, whatever its size', async () => {
    const group = await ann.group('plain', [bob]);
    const seq = await post(ann, group, { body: 'nothing special' });
    await decided(group, seq);
    expect(await rowsOf(group)).toEqual([]);
    expect((await why(bob, group, seq)).body).toMatchObject({
      reason: 'all_messages',
      inApp: true,
    });
  });

  test('leaves out deleted messages and former members', async () => {
    const max = await server.register('max');
    const group = await ann.group('of max', [max, bob]);
    const seq = await post(ann, group, { body: '@max @bob gone soon' });
    await decided(group, seq);
    await bob.request('POST', `/conversations/${group}/leave`);
    await ann.request('DELETE', `/conversations/${group}/messages/${seq}`);
    // Only now: the server decides in the background, too.
    await server.rows(`delete from notification_decisions where conversation_id = '${group}'`);
    await server.rows(
      `update notification_progress set seq = 0 where conversation_id = '${group}'`,
    );
    await decideNext(server.pool, [group], { presenceOf: () => 'away', now: Date.now() });
    const rows = await rowsOf(group);
    expect(
      rows.every((row) => ['message_deleted', 'not_member'].includes(String(row.reason))),
    ).toBe(true);
    expect(
      await server.rows(
        `select from notification_decisions
         where conversation_id = '${group}'
           and (push is not null or email is not null or in_app)`,
      ),
    ).toEqual([]);
  });

  test('continues while decisions about one conversation fail', async () => {
    const ned = await server.register('ned');
    const [group, other] = [await ann.group('of ned', [ned]), await ann.group('others', [bob])];
    await change(ned, { level: 'mentions' });
    const setQuietHours = (value: string) =>
      server.rows(
        `update notification_changes set settings = jsonb_set(settings, '{quietHours}', '${value}')
         where account_id = '${ned.id}'`,
      );
    await setQuietHours('{"timeZone": "UTC"}');
    const failing = await post(ann, group, { body: '@ned look' });
    const seq = await post(ann, other, { body: '@bob look' });
    await decided(other, seq);
    expect(await rowsOf(other)).toEqual([
      { account_id: bob.id, message_seq: seq, reason: 'mention' },
    ]);
    expect(await rowsOf(group)).toEqual([]);
    await setQuietHours('null');
    await decideNext(server.pool, [group], { presenceOf: () => 'away', now: Date.now() });
    expect(await rowsOf(group)).toEqual([
      { account_id: ned.id, message_seq: failing, reason: 'mention' },
    ]);
  });

  test('neither stores nor reports what an edit adds', async () => {
    const ora = await server.register('ora');
    await change(ora, { level: 'mentions', keywords: ['added'] });
    const group = await ann.group('of ora', [ora]);
    const named = await post(ann, group, { body: 'no one' });
    const worded = await post(ann, group, { body: 'nothing' });
    await decided(group, worded);
    for (const [seq, body] of [
      [named, '@ora after all'],
      [worded, 'now added'],
    ] as const) {
      const answer = await ann.request('PATCH', `/conversations/${group}/messages/${seq}`, {
        body,
      });
      expect(answer.status).toBe(200);
      const told = await why(ora, group, seq);
      expect(told.body).toMatchObject({ reason: 'level_mentions', inApp: false });
    }
    // As after a crash: a later decision is the same.
    await server.rows(
      `update notification_progress set seq = 0 where conversation_id = '${group}'`,
    );
    await decideNext(server.pool, [group], { presenceOf: () => 'away', now: Date.now() });
    expect((await rowsOf(group)).filter((row) => row.reason === 'mention')).toEqual([]);
    expect(await server.rows(`select from mentions where account_id = '${ora.id}'`)).toHaveLength(
      1,
    );
  });

  test('explains a mention of everyone online to accounts at the level of mentions', async () => {
    const pam = await server.register('pam');
    await change(pam, { level: 'mentions' });
    const group = await ann.group('of pam', [pam]);
    const seq = await post(ann, group, { body: '@here now' });
    expect((await why(pam, group, seq)).body).toMatchObject({
      reason: 'mention_of_here',
      inApp: true,
    });
  });

  test('has nothing about non-members and suspended accounts', async () => {
    const [quin, rob, sue] = [
      await server.register('quin'),
      await server.register('rob'),
      await server.register('sue'),
    ];
    for (const user of [quin, rob, sue]) await change(user, { keywords: ['zebra'] });
    const group = await ann.group('of sue', [quin, rob, sue]);
    const root = await post(ann, group, { body: 'root' });
    for (const user of [quin, rob, sue]) await post(user, group, { body: 'reply', thread: root });
    await quin.request('POST', `/conversations/${group}/leave`);
    await server.rows(
      `update accounts set suspended_until = now() + interval '1 day' where id = '${rob.id}'`,
    );
    const seq = await post(ann, group, { body: 'a zebra', thread: root });
    await decided(group, seq);
    expect((await rowsOf(group)).filter((row) => row.message_seq === seq)).toEqual([
      { account_id: sue.id, message_seq: seq, reason: 'keyword' },
    ]);
  });

  describe('deliveries', () => {
    /** Adds a device of a user, to which nothing can be sent. */
    const aDevice = async (user: User): Promise<string> => {
      const [row] = await server.rows(
        `insert into notification_devices
           (id, account_id, kind, added_by, name, sealed, address_hash, shows_content)
         values (gen_random_uuid(), '${user.id}', 'test', gen_random_uuid(), 'Phone', '', uuid_send(gen_random_uuid()), true)
         returning id`,
      );
      return String(row?.id);
    };
    const deliveriesOf = (user: User) =>
      server.rows(
        `select message_seq::int as seq, channel, device_id, attempts, outcome, due_at is null as done
         from notification_deliveries where account_id = '${user.id}' order by id`,
      );

    test('are stored with the decision, one for each device, also for @everyone', async () => {
      const tim = await server.register('tim');
      const devices = [await aDevice(tim), await aDevice(tim)].sort();
      const group = await ann.group('of tim', [tim, bob]);
      const named = await post(ann, group, { body: '@tim look' });
      await post(ann, group, { body: 'plain' });
      const everyone = await post(ann, group, { body: '@everyone look' });
      await decided(group, everyone);
      const stored = await deliveriesOf(tim);
      expect(stored.map((d) => [d.seq, d.channel])).toEqual([
        [named, 'push'],
        [named, 'push'],
        [everyone, 'push'],
        [everyone, 'push'],
      ]);
      expect([...new Set(stored.map((d) => d.device_id))].sort()).toEqual(devices);
      expect((await why(tim, group, named)).body).toMatchObject({ push: 'away' });
      // Decided again from an earlier position: none is stored twice.
      await server.rows(
        `update notification_progress set seq = 0 where conversation_id = '${group}'`,
      );
      await decideNext(server.pool, [group], { presenceOf: () => 'away', now: Date.now() });
      // The server’s sender may have attempted or abandoned them meanwhile.
      const withoutState = (all: typeof stored) =>
        all.map(({ seq, channel, device_id }) => ({ seq, channel, device_id }));
      expect(withoutState(await deliveriesOf(tim))).toEqual(withoutState(stored));
    });

    test('are claimed by one node at a time, and only ended by the holder of the lease', async () => {
      const una = await server.register('una');
      await aDevice(una);
      const group = await ann.group('of una', [una]);
      let last = 0;
      for (let n = 0; n < 20; n++) last = await post(ann, group, { body: `@una ${n}` });
      await decided(group, last);
      // As emails, because the server’s sender claims pushes and may have claimed them already.
      await server.rows(
        `update notification_deliveries
         set channel = 'email', due_at = now(), attempts = 0, lease = null, outcome = null, finished_at = null,
           last_error = 'busy'
         where account_id = '${una.id}'`,
      );
      const claim = () => claimDeliveries(server.pool, 'email', 100);
      const claims = await Promise.all([claim(), claim(), claim()]);
      const of = claims.map((c) => c.deliveries.filter((d) => d.account === una.id));
      const ids = of.flat().map((d) => d.id);
      expect(new Set(ids).size).toBe(ids.length);
      expect(ids).toHaveLength((await deliveriesOf(una)).length);
      // As if the leases of a killed node had expired.
      await server.rows(
        `update notification_deliveries set due_at = now() where account_id = '${una.id}'`,
      );
      const next = await claim();
      for (const { lease, deliveries } of claims) {
        await finishDeliveries(
          server.pool,
          lease,
          deliveries.map(({ id }) => ({ id, outcome: 'late' })),
        );
      }
      const [first, ...others] = next.deliveries.filter((d) => d.account === una.id);
      await finishDeliveries(server.pool, next.lease, [{ id: first?.id ?? '', outcome: 'sent' }]);
      await deferDeliveries(
        server.pool,
        next.lease,
        others.map(({ id }) => ({ id, delayMs: 60_000, error: 'busy' })),
      );
      const after = await deliveriesOf(una);
      expect(after.filter((d) => d.outcome === 'sent')).toHaveLength(1);
      expect(after.filter((d) => d.outcome === null && !d.done && d.attempts === 2)).toHaveLength(
        others.length,
      );
      expect((await claim()).deliveries.filter((d) => d.account === una.id)).toEqual([]);
      expect((await why(una, group, first?.seq ?? 0)).body.deliveries).toMatchObject([
        { channel: 'email', device: 'Phone', attempts: 2, outcome: 'sent', error: null },
      ]);
      expect((await why(una, group, others[0]?.seq ?? 0)).body.deliveries).toMatchObject([
        { attempts: 2, outcome: null, error: 'busy' },
      ]);
    });

    test('are decided again before they are sent', async () => {
      const [vic, wim] = [await server.register('vic'), await server.register('wim')];
      const group = await ann.group('of vic', [vic, wim]);
      const [deleted, read, seen] = [
        await post(ann, group, { body: '@vic gone' }),
        await post(ann, group, { body: '@vic read' }),
        await post(ann, group, { body: '@vic @wim seen' }),
      ];
      const now = (user: User, seq: number, presence: 'away' | 'active' = 'away') =>
        recheck(
          server.pool,
          [{ id: '1', account: user.id, conversation: group, seq: seq as Seq }],
          () => presence,
          Date.now(),
        ).then((all) => all.get('1'));
      expect(await now(vic, seen)).toMatchObject({ reason: 'mention', push: { send: 'now' } });
      expect(await now(vic, seen, 'active')).toMatchObject({ push: { send: 'later' } });
      await ann.request('DELETE', `/conversations/${group}/messages/${deleted}`);
      expect(await now(vic, deleted)).toMatchObject({ reason: 'message_deleted' });
      await vic.request('POST', `/conversations/${group}/read`, { seq: read });
      expect(await now(vic, read)).toMatchObject({ reason: 'already_read' });
      await override(vic, group, { muted: { until: null } });
      expect(await now(vic, seen)).toMatchObject({ reason: 'conversation_muted' });
      await override(vic, group, { muted: null });
      expect(await now(vic, seen)).toMatchObject({ push: { send: 'now' } });
      const suspend = (until: string) =>
        server.rows(`update accounts set suspended_until = ${until} where id = '${vic.id}'`);
      await suspend(`now() + interval '1 day'`);
      expect(await now(vic, seen)).toMatchObject({ push: { send: 'never' } });
      await suspend('null');
      await vic.request('POST', `/conversations/${group}/leave`);
      expect(await now(vic, seen)).toMatchObject({ reason: 'not_member' });
      // Even after it has rejoined, because it sees nothing from before.
      await ann.request('POST', `/conversations/${group}/members`, { account: vic.id });
      expect(await now(vic, seen)).toMatchObject({ reason: 'not_member' });
      expect(await now(wim, seen)).toMatchObject({ push: { send: 'now' } });
      // A reply that is only in its thread is read there.
      await post(wim, group, { body: 'followed from here', thread: seen });
      const reply = await post(ann, group, { body: '@wim here', thread: seen });
      await wim.request('POST', `/conversations/${group}/read`, { seq: reply });
      expect(await now(wim, reply)).toMatchObject({ reason: 'mention' });
      const path = `/conversations/${group}/messages/${seen}/thread/read`;
      await wim.request('POST', path, { seq: reply });
      expect(await now(wim, reply)).toMatchObject({ reason: 'already_read' });
      // Whether others follow the thread changes nothing.
      await ann.request('DELETE', path.replace('/read', '/follow'));
      const next = await post(ann, group, { body: 'and now', thread: seen });
      expect(await now(wim, next)).toMatchObject({ reason: 'thread_reply', badge: true });
      await ann.request('DELETE', `/conversations/${group}`);
      expect(await now(wim, seen)).toMatchObject({ push: { send: 'never' } });
    });
  });

  test('is kept for 30 days', async () => {
    const now = Date.now();
    const ago = (days: number) => new Date(now - days * 86_400_000).toISOString();
    for (const [n, at] of [ago(29), ago(31), ago(40)].entries()) {
      await server.rows(
        `insert into notification_decisions
         values ('${ann.id}', '${ann.id}', ${n}, '${at}', 'mention', true, true, null, null)`,
      );
    }
    await deleteOldDecisions(server.pool, new Date(now), () => false);
    const left = await server.rows(
      `select message_seq::int as message_seq from notification_decisions
       where conversation_id = '${ann.id}'`,
    );
    expect(left).toEqual([{ message_seq: 0 }]);
  });
});
