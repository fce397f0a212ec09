import { NOTIFICATION_DEFAULTS } from '@parley/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PASSWORD } from '../../test/support/credentials.ts';
import { startTestCluster, type TestCluster } from '../../test/support/database.ts';
import { startTestServer, type TestServer, type User } from '../../test/support/server.ts';
import { until } from '../../test/support/sink.ts';
import { aClientId } from '../../test/support/stream-builders.ts';
import { examine } from '../doctor/doctor.ts';

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
  test('are those by default, and change field by field', async () => {
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
    // What is already set is no event.
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
    // No one else learns of them.
    expect((await settingsOf(ann)).overrides).toEqual([]);

    const dan = await server.register('dan');
    expect(codeOf(await override(dan, group, { level: 'all' }))).toBe('404 conversation_not_found');
    expect(codeOf(await override(dan, group, { level: 'all' }, 9_999))).toBe(
      '404 conversation_not_found',
    );
    await bob.request('POST', `/conversations/${group}/leave`);
    expect(codeOf(await override(bob, group, { level: 'mentions' }))).toBe(
      '404 conversation_not_found',
    );
    expect((await override(bob, group, { level: null, muted: null })).status).toBe(200);
    expect((await settingsOf(bob)).overrides).toMatchObject([{ thread: root }]);
  });

  test('arrive on all devices, once, also when the request is repeated', async () => {
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

  test('are in the export, and leave nothing of an erased account', async () => {
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
