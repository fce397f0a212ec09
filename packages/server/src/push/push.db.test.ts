import { randomUUID } from 'node:crypto';
import type { ConversationId, Seq, SessionId } from '@parley/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PASSWORD } from '../../test/support/credentials.ts';
import { startTestCluster, type TestCluster } from '../../test/support/database.ts';
import {
  type PushServer,
  startPushServer,
  type TestBrowser,
} from '../../test/support/push-server.ts';
import { loginAt, startTestServer, type TestServer, type User } from '../../test/support/server.ts';
import { until } from '../../test/support/sink.ts';
import { Vault } from '../encryption/vault.ts';
import { PushDevices } from './devices.ts';
import { loadPushKeys } from './push-keys.ts';

let cluster: TestCluster;
let server: TestServer;
let push: PushServer;
let ann: User;

beforeAll(async () => {
  push = await startPushServer();
  cluster = await startTestCluster();
  server = await startTestServer(cluster, { PUSH_NETWORKS: '127.0.0.1' });
  ann = await server.register('ann');
});
afterAll(async () => {
  await server?.stop();
  await cluster?.stop();
  await push?.stop();
});

const DEVICES = '/me/notifications/devices';
const devicesOf = async (user: User) => (await user.request('GET', DEVICES)).body;
let names = 0;
/** Registers a user whose browser has subscribed. */
async function aUserWithBrowser(
  showsContent = true,
): Promise<{ user: User; browser: TestBrowser; device: string }> {
  const user = await server.register(`user${names++}`);
  const { browser, device } = await subscribe(user, showsContent);
  return { user, browser, device };
}
async function subscribe(user: User, showsContent = true) {
  const browser = push.browser((await devicesOf(user)).publicKey);
  const { status, body } = await user.request('POST', DEVICES, {
    kind: 'web_push',
    ...browser,
    name: 'Firefox',
    showsContent,
  });
  expect(status).toBe(201);
  return { browser, device: String(body.id) };
}
/** Waits until all deliveries of a message have ended, and returns their outcomes. */
async function outcomesOf(user: User, conversation: ConversationId, seq: Seq): Promise<string[]> {
  const read = () =>
    server.rows(
      `select outcome, due_at from notification_deliveries
       where account_id = '${user.id}' and conversation_id = '${conversation}'
         and message_seq = ${seq} order by id`,
    );
  await until(async () => {
    const rows = await read();
    return rows.length > 0 && rows.every((row) => row.due_at === null);
  }, 'the deliveries to end');
  return (await read()).map((row) => String(row.outcome));
}

describe('Web Push', () => {
  test('sends a mention, encrypted for the browser and signed, and records it', async () => {
    const { user, browser } = await aUserWithBrowser();
    const group = await ann.group('Launch', [user]);
    const seq = await ann.post(group, `@${user.name} the **rocket** is ready`);
    const { content, headers } = await push.next(browser);
    expect(content).toEqual({
      type: 'message',
      account: user.id,
      conversation: group,
      seq,
      thread: null,
      title: '\u2068ann\u2069 in \u2068Launch\u2069',
      body: `\u2068@${user.name} the rocket is ready\u2069`,
    });
    expect(headers).toMatchObject({
      'content-encoding': 'aes128gcm',
      urgency: 'high',
      ttl: '86400',
      topic: expect.stringMatching(/^[\w-]{24}$/),
    });
    expect(push.unsigned).toBe(0);
    expect(await outcomesOf(user, group, seq)).toEqual(['sent']);
    const why = await user.request('GET', `/notifications/why?conversation=${group}&seq=${seq}`);
    expect(why.body.deliveries).toMatchObject([
      { channel: 'push', device: 'Firefox', attempts: 1, outcome: 'sent' },
    ]);
    const { items } = await devicesOf(user);
    expect(items).toMatchObject([
      { kind: 'web_push', name: 'Firefox', isCurrent: true, lastFailure: null },
    ]);
    expect(items[0].lastSentAt).not.toBeNull();
    // The contents of the database do not allow sending to devices.
    const [stored] = await server.rows(
      `select encode(sealed, 'escape') as sealed from notification_devices where account_id = '${user.id}'`,
    );
    expect(stored?.sealed).not.toContain(new URL(browser.endpoint).pathname);
  });

  test('sends a direct message, and a reply in a thread with the thread', async () => {
    const { user, browser } = await aUserWithBrowser();
    const { id } = (await ann.request('POST', '/conversations/direct', { account: user.id })).body;
    const seq = await ann.post(id, 'hello');
    const direct = await push.next(browser, (c) => c.seq === seq);
    expect(direct.headers.urgency).toBe('high');
    expect(direct.content).toMatchObject({
      title: '\u2068ann\u2069',
      body: '\u2068hello\u2069',
      thread: null,
    });
    const root = await user.post(id, 'root');
    const reply = await ann.request('POST', `/conversations/${id}/messages`, {
      body: 'reply',
      thread: root,
    });
    const { content } = await push.next(browser, (c) => c.seq === reply.body.seq);
    expect(content).toMatchObject({ body: '\u2068reply\u2069', thread: root });
  });

  test('shows the display names of mentioned members, and of others what was typed', async () => {
    const { user, browser } = await aUserWithBrowser();
    const other = await server.register(`outside${names++}`);
    for (const [one, displayName] of [
      [user, 'Ria Lind'],
      [other, 'Sam Ek'],
    ] as const) {
      expect((await one.request('PATCH', '/me', { displayName })).status).toBe(200);
    }
    const group = await ann.group('names in excerpts', [user]);
    const text = `@${user.name} and @${other.name}, not \`@${user.name}\``;
    const seq = await ann.post(group, text);
    const { content } = await push.next(browser, (c) => c.seq === seq);
    expect(content.body).toBe(`\u2068@Ria Lind and @${other.name}, not @${user.name}\u2069`);
    const activity = await user.request('GET', '/me/activity?limit=1');
    expect(activity.body.items).toMatchObject([
      { excerpt: text, mentions: [{ kind: 'user', id: user.id }, { id: other.id }] },
    ]);
  });

  test('keeps the direction of names apart, and cuts them', async () => {
    const { user, browser } = await aUserWithBrowser();
    const group = await ann.group(`\u05d0\u05d1 ${'g'.repeat(70)}`, [user]);
    const seq = await ann.post(group, `@${user.name} ${'x'.repeat(300)}`);
    const { content } = await push.next(browser, (c) => c.seq === seq);
    expect(content.title).toBe(`\u2068ann\u2069 in \u2068\u05d0\u05d1 ${'g'.repeat(56)}…\u2069`);
    expect(content.body).toMatch(/^\u2068.{239}…\u2069$/);
  });

  test('sends all messages of a group only to those who chose that', async () => {
    const { user, browser } = await aUserWithBrowser();
    const { user: usual } = await aUserWithBrowser();
    const without = await server.register('without');
    const group = await ann.group('busy', [user, usual, without]);
    const choose = (one: User, level: string | null) =>
      one.request('PATCH', `/me/notifications/conversations/${group}`, { level });
    for (const one of [user, without]) expect((await choose(one, 'all')).status).toBe(200);
    const seq = await ann.post(group, 'no one in particular');
    expect((await push.next(browser, (c) => c.seq === seq)).headers.urgency).not.toBe('high');
    expect(await outcomesOf(user, group, seq)).toEqual(['sent']);
    const why = await user.request('GET', `/notifications/why?conversation=${group}&seq=${seq}`);
    expect(why.body).toMatchObject({ reason: 'all_messages', push: 'away' });
    // A reply in a thread that the user does not follow is not shown in the group.
    const reply = await ann.request('POST', `/conversations/${group}/messages`, {
      body: 'aside',
      thread: seq,
    });
    expect((await choose(user, null)).status).toBe(200);
    const plain = await ann.post(group, 'no one in particular again');
    const mention = await ann.post(group, `@${user.name} look`);
    await push.next(browser, (c) => c.seq === mention);
    const rows = await server.rows(
      `select account_id as account, message_seq::int as seq from notification_decisions
       where conversation_id = '${group}' order by message_seq`,
    );
    expect(rows.filter((row) => row.seq !== reply.body.seq)).toEqual([
      { account: user.id, seq },
      { account: user.id, seq: mention },
    ]);
    expect(plain).toBeLessThan(mention);
    const sent = push.pushed.filter((p) => browser.endpoint.endsWith(p.browser));
    expect(sent.map((p) => p.content.seq)).toEqual([seq, mention]);
  });

  test('contains no text if the device hides content', async () => {
    const { user, browser } = await aUserWithBrowser(false);
    const group = await ann.group('Secret name', [user]);
    await ann.post(group, `@${user.name} secret text`);
    const { content } = await push.next(browser);
    expect(content).toMatchObject({ title: 'Parley', body: 'You have a new message' });
    expect(JSON.stringify(content)).not.toMatch(/secret/i);
  });

  test('replaces an undelivered notification with that of the newest message of the conversation', async () => {
    const { user, browser } = await aUserWithBrowser();
    const [one, two] = [await ann.group('one', [user]), await ann.group('two', [user])];
    push.answer({ status: 503, headers: { 'retry-after': '1' } });
    const first = await ann.post(one, `@${user.name} first`);
    await until(
      async () =>
        (
          await server.rows(
            `select from notification_deliveries
             where account_id = '${user.id}' and attempts = 1 and lease is null and last_error is not null`,
          )
        ).length === 1,
      'the first attempt to fail',
    );
    const second = await ann.post(one, `@${user.name} second`);
    await ann.post(two, `@${user.name} other`);
    const newest = await push.next(browser, (c) => c.seq === second && c.conversation === one);
    const other = await push.next(browser, (c) => c.conversation === two);
    expect(newest.headers.topic).not.toBe(other.headers.topic);
    await server.rows(
      `update notification_deliveries set due_at = now() where account_id = '${user.id}' and due_at is not null`,
    );
    expect(await outcomesOf(user, one, first)).toEqual(['replaced']);
    expect(push.pushed.some((p) => p.content.seq === first && p.content.conversation === one)).toBe(
      false,
    );
  });

  test('backs off as the push server demands, and removes a browser that is gone', async () => {
    const { user, browser } = await aUserWithBrowser();
    const group = await ann.group('busy', [user]);
    push.answer({ status: 429, headers: { 'retry-after': '1800' } });
    const seq = await ann.post(group, `@${user.name} later`);
    const deferred = () =>
      server.rows(
        `select extract(epoch from due_at - now())::int as delay, last_error
         from notification_deliveries
         where account_id = '${user.id}' and lease is null and attempts = 1`,
      );
    await until(async () => (await deferred()).length === 1, 'the delivery to be deferred');
    const [delivery] = await deferred();
    expect(delivery?.last_error).toBe('The push server answered with 429');
    expect(Number(delivery?.delay)).toBeGreaterThan(1_700);
    expect((await devicesOf(user)).items).toMatchObject([
      {
        lastFailure: { reason: 'rate_limited', error: 'The push server answered with 429' },
        lastSentAt: null,
      },
    ]);
    push.answer({ status: 410 });
    await server.rows(
      `update notification_deliveries set due_at = now() where account_id = '${user.id}'`,
    );
    expect(await outcomesOf(user, group, seq)).toEqual(['device_gone']);
    await until(async () => (await devicesOf(user)).items.length === 0, 'the device to be removed');
    expect(push.pushed.filter((p) => browser.endpoint.endsWith(p.browser))).toEqual([]);
  });

  test('abandons a notification after a day of failures', async () => {
    const { user } = await aUserWithBrowser();
    const group = await ann.group('a day ago', [user]);
    push.answer({ status: 503 }, { status: 503 });
    const seq = await ann.post(group, `@${user.name} look`);
    const isDeferred = async () =>
      (
        await server.rows(
          `select from notification_deliveries
           where account_id = '${user.id}' and lease is null and attempts = 1 and due_at is not null`,
        )
      ).length === 1;
    await until(isDeferred, 'the delivery to be deferred');
    await server.rows(
      `update notification_deliveries set due_at = now(), created_at = now() - interval '25 hours'
       where account_id = '${user.id}'`,
    );
    expect(await outcomesOf(user, group, seq)).toEqual(['failed']);
  });

  test('sends nothing to a browser whose session has expired or was not used for 30 days', async () => {
    const group = await ann.group('ended sessions');
    for (const change of [
      'expires_at = now()',
      `last_used_at = now() - interval '30 days 1 minute'`,
    ]) {
      const { user, browser } = await aUserWithBrowser();
      await ann.request('POST', `/conversations/${group}/members`, { account: user.id });
      await server.rows(`update sessions set ${change} where account_id = '${user.id}'`);
      const seq = await ann.post(group, `@${user.name} look`);
      expect(await outcomesOf(user, group, seq), change).toEqual(['device_gone']);
      expect(push.pushed.filter((p) => browser.endpoint.endsWith(p.browser))).toEqual([]);
    }
  });

  test('sends nothing for a message that was deleted, hidden or read, or whose conversation was left', async () => {
    const { user, browser } = await aUserWithBrowser();
    const make = (name: string) => ann.group(name, [user]);
    const [deleted, hidden] = [await make('deleted'), await make('hidden')];
    const [read, left, muted] = [await make('read'), await make('left'), await make('muted')];
    const author = await server.register(`author${names++}`);
    const blocked = await author.group('blocked', [user]);
    const conversations = [deleted, hidden, read, left, muted, blocked];
    // Unreachable until the reasons are set up.
    push.answer(...conversations.map(() => ({ status: 500 })));
    const seqs = new Map<ConversationId, Seq>();
    for (const group of conversations) {
      const by = group === blocked ? author : ann;
      seqs.set(group, await by.post(group, `@${user.name} look`));
    }
    await until(
      async () =>
        (
          await server.rows(
            `select from notification_deliveries
             where account_id = '${user.id}' and last_error is not null`,
          )
        ).length === conversations.length,
      'the first attempts to fail',
    );
    await ann.request('DELETE', `/conversations/${deleted}/messages/${seqs.get(deleted)}`);
    await ann.request('PUT', `/conversations/${hidden}/messages/${seqs.get(hidden)}/hidden`);
    await user.request('POST', `/conversations/${read}/read`, {
      seq: seqs.get(read),
      unread: false,
    });
    await user.request('POST', `/conversations/${left}/leave`);
    await user.request('PATCH', `/me/notifications/conversations/${muted}`, {
      muted: { until: null },
    });
    expect((await user.request('PUT', `/me/blocks/${author.id}`)).status).toBe(204);
    await server.rows(
      `update notification_deliveries set due_at = now() where account_id = '${user.id}'`,
    );
    const outcomes = [];
    for (const group of conversations) {
      outcomes.push(...(await outcomesOf(user, group, seqs.get(group) as Seq)));
    }
    expect(outcomes).toEqual([
      'message_deleted',
      'message_deleted',
      'already_read',
      'not_member',
      'conversation_muted',
      'blocked',
    ]);
    expect(push.pushed.filter((p) => browser.endpoint.endsWith(p.browser))).toEqual([]);
  });

  test('abandons notifications for a device whose address cannot be decrypted, and sends the rest', async () => {
    const { user, browser, device } = await aUserWithBrowser();
    const phone = await user.request('POST', DEVICES, {
      kind: 'ntfy',
      url: `${push.url}/${user.name}`,
      name: 'Phone',
    });
    expect(phone.status).toBe(201);
    const sealed = new Vault('t'.repeat(40)).seal('notification-device', '{}').toString('hex');
    await server.rows(
      `update notification_devices set sealed = decode('${sealed}', 'hex') where id = '${device}'`,
    );
    const group = await ann.group('after a change of the secret', [user]);
    const seq = await ann.post(group, `@${user.name} look`);
    expect((await outcomesOf(user, group, seq)).sort()).toEqual(['failed', 'sent']);
    expect(push.published.filter((p) => p.content.topic === user.name)).toHaveLength(1);
    expect(push.pushed.filter((p) => browser.endpoint.endsWith(p.browser))).toEqual([]);
    const error =
      'The address of this device can no longer be decrypted. Remove the device and add it again.';
    const why = await user.request('GET', `/notifications/why?conversation=${group}&seq=${seq}`);
    expect(why.body.deliveries).toHaveLength(2);
    expect(why.body.deliveries).toContainEqual(
      expect.objectContaining({ device: 'Firefox', outcome: 'failed', error }),
    );
    expect((await devicesOf(user)).items).toMatchObject([
      { id: device, host: '', lastFailure: { reason: 'undecryptable', error } },
      { name: 'Phone', lastFailure: null },
    ]);
    const test = await user.request('POST', `${DEVICES}/${device}/test`);
    expect(test.body).toEqual({ failure: { reason: 'undecryptable', error } });
    expect((await user.request('DELETE', `${DEVICES}/${device}`)).status).toBe(204);
  });

  test('closes a notification that was read on another device', async () => {
    const { user, browser } = await aUserWithBrowser();
    const group = await ann.group('elsewhere', [user]);
    const seq = await ann.post(group, `@${user.name} look`);
    const shown = await push.next(browser);
    await user.request('POST', `/conversations/${group}/read`, { seq, unread: false });
    const closed = await push.next(browser, (c) => c.type === 'close');
    expect(closed.content).toEqual({ type: 'close', account: user.id, conversation: group, seq });
    // It also replaces an undelivered notification.
    expect(closed.headers.topic).toBe(shown.headers.topic);
  });

  test('closes a notification of a message that a moderator hides', async () => {
    const { user, browser } = await aUserWithBrowser();
    const group = await ann.group('hidden later', [user]);
    const seq = await ann.post(group, `@${user.name} look`);
    await push.next(browser);
    await ann.request('PUT', `/conversations/${group}/messages/${seq}/hidden`);
    const closed = await push.next(browser, (c) => c.type === 'close');
    expect(closed.content).toEqual({ type: 'close', account: user.id, conversation: group, seq });
  });

  test('closes a notification once, when its newest message is read or hidden', async () => {
    const { user, browser } = await aUserWithBrowser();
    const group = await ann.group('one by one', [user]);
    const seqs: Seq[] = [];
    for (const text of ['first', 'second', 'third']) {
      const seq = await ann.post(group, `@${user.name} ${text}`);
      await push.next(browser, (c) => c.seq === seq);
      seqs.push(seq);
    }
    const withdrawn = async () =>
      (
        await server.rows(
          `select from notification_deliveries
           where account_id = '${user.id}' and withdrawn_at is not null`,
        )
      ).length;
    // Closing it would drop the third for a browser that is offline.
    await user.request('POST', `/conversations/${group}/read`, { seq: seqs[1], unread: false });
    await until(async () => (await withdrawn()) === 2, 'two messages to be withdrawn');
    await server.rows(
      `update messages set hidden_at = now() where conversation_id = '${group}' and seq = ${seqs[2]}`,
    );
    await push.next(browser, (c) => c.type === 'close');
    await until(async () => (await withdrawn()) === 3, 'the third to be withdrawn');
    const closed = push.pushed.filter(
      (p) => browser.endpoint.endsWith(p.browser) && p.content.type === 'close',
    );
    expect(closed.map((p) => p.content.seq)).toEqual([seqs[2]]);
  });

  test('sends nothing to users of a device in use', async () => {
    const { user, browser } = await aUserWithBrowser();
    const group = await ann.group('in use', [user]);
    const device = server.peer();
    await device.hello(user.accessToken);
    // Later, because changes of presence are batched.
    device.send({ op: 'watch', accounts: [user.id] });
    await device.next('presence', (p) =>
      p.changes.some((c) => c.account === user.id && c.state === 'active'),
    );
    const shown = await ann.post(group, `@${user.name} here`);
    await until(
      async () =>
        (
          await server.rows(
            `select from notification_deliveries
             where account_id = '${user.id}' and due_at > now() + interval '30 seconds'`,
          )
        ).length === 1,
      'the delivery to be stored for later',
    );
    await server.rows(
      `update notification_deliveries set due_at = now() where account_id = '${user.id}'`,
    );
    expect(await outcomesOf(user, group, shown)).toEqual(['in_use']);
    device.close();
    expect(push.pushed.filter((p) => browser.endpoint.endsWith(p.browser))).toEqual([]);
  });
});

describe('devices', () => {
  test('end with their session: by a logout, by its end, and by a new password', async () => {
    const { user } = await aUserWithBrowser();
    const count = async () =>
      (await server.rows(`select from notification_devices where account_id = '${user.id}'`))
        .length;
    const login = async () => {
      const { body } = await loginAt(server.url, user.name);
      const { accessToken, sessionToken } = body;
      const request: User['request'] = (method, path, sent) =>
        user.request(method, path, sent, { authorization: `Bearer ${accessToken}` });
      const other = { ...user, accessToken, sessionToken, request };
      await subscribe(other);
      return other;
    };
    const other = await login();
    expect(await count()).toBe(2);
    expect((await devicesOf(user)).items.map((d: { isCurrent: boolean }) => d.isCurrent)).toEqual([
      true,
      false,
    ]);
    await user.request('POST', '/auth/logout', undefined, {
      authorization: `Bearer ${other.sessionToken}`,
    });
    expect(await count()).toBe(1);
    const third = await login();
    const topic = { kind: 'ntfy', url: `${push.url}/${user.name}`, name: 'Phone' };
    expect((await third.request('POST', DEVICES, topic)).status).toBe(201);
    expect(await count()).toBe(3);
    await user.request('POST', '/me/sessions/end-others');
    // The topic was added by the session that ended.
    expect(await count()).toBe(1);
    expect((await user.request('POST', DEVICES, topic)).status).toBe(201);
    const changed = await third.request('POST', '/me/password', {});
    expect(changed.status).toBe(401);
    // A topic that another session has added ends with it, when the password is changed.
    const fourth = await login();
    const another = { ...topic, url: `${push.url}/${user.name}-2` };
    expect((await fourth.request('POST', DEVICES, another)).status).toBe(201);
    const next = 'another good password';
    const done = await user.request('POST', '/me/password', { current: PASSWORD, next });
    expect(done.status).toBeLessThan(300);
    expect((await devicesOf(user)).items.map((d: { host: string }) => d.host)).toHaveLength(2);
    expect(await count()).toBe(2);
  });

  test('are limited in number, one browser per session, and only accessible to their account', async () => {
    const { user, device } = await aUserWithBrowser();
    const again = await subscribe(user);
    expect((await devicesOf(user)).items.map((d: { id: string }) => d.id)).toEqual([again.device]);
    expect(again.device).not.toBe(device);
    for (let n = 1; n < 20; n++) {
      const added = await user.request('POST', DEVICES, {
        kind: 'ntfy',
        url: `${push.url}/${user.name}-${n}`,
        name: `Phone ${n}`,
      });
      expect(added.status).toBe(201);
    }
    const full = await user.request('POST', DEVICES, {
      kind: 'ntfy',
      url: `${push.url}/${user.name}-20`,
      name: 'One too many',
    });
    expect([full.status, full.body.code]).toEqual([409, 'too_many_devices']);
    // One that exists is updated, with as many devices as before.
    const known = { kind: 'ntfy', url: `${push.url}/${user.name}-1`, name: 'Renamed' };
    expect((await user.request('POST', DEVICES, known)).status).toBe(201);
    expect((await devicesOf(user)).items).toHaveLength(20);
    for (const [method, path] of [
      ['PATCH', `${DEVICES}/${again.device}`],
      ['DELETE', `${DEVICES}/${again.device}`],
      ['POST', `${DEVICES}/${again.device}/test`],
    ] as const) {
      const answer = await ann.request(
        method,
        path,
        method === 'PATCH' ? { name: 'x' } : undefined,
      );
      expect(answer.status).toBe(404);
    }
    const renamed = await user.request('PATCH', `${DEVICES}/${again.device}`, {
      name: 'Desk',
      showsContent: false,
    });
    expect(renamed.body).toMatchObject({ name: 'Desk', showsContent: false });
    expect((await user.request('DELETE', `${DEVICES}/${again.device}`)).status).toBe(204);
  });

  test.each([
    ['http on a public address', 'http://93.184.215.14/topic'],
    ['a private address', 'https://10.0.0.1/topic'],
    ['the address of cloud metadata', 'http://169.254.169.254/topic'],
    ['a private address in IPv6', 'https://[::1]/topic'],
    ['another way to write an address', 'https://0x0a.1/topic'],
    ['credentials in the address', 'https://user:secret@ntfy.sh/topic'],
    ['another scheme', 'ftp://ntfy.sh/topic'],
    ['no topic', 'https://ntfy.sh/'],
  ])('reject %s', async (_what, url) => {
    const { status } = await ann.request('POST', DEVICES, { kind: 'ntfy', url, name: 'Phone' });
    expect(status).toBe(422);
  });

  test('reject invalid browser keys', async () => {
    const { endpoint, keys } = push.browser((await devicesOf(ann)).publicKey);
    const { status, body } = await ann.request('POST', DEVICES, {
      kind: 'web_push',
      endpoint,
      keys: { ...keys, p256dh: keys.auth },
      name: 'Firefox',
    });
    expect([status, body.code]).toEqual([422, 'push_address_invalid']);
  });

  test('are sent a test at most every ten seconds', async () => {
    const { user, browser, device } = await aUserWithBrowser();
    expect((await user.request('POST', `${DEVICES}/${device}/test`)).body).toEqual({
      failure: null,
    });
    const { content } = await push.next(browser);
    expect(content).toMatchObject({ type: 'test', body: 'Notifications work on this device.' });
    expect((await user.request('POST', `${DEVICES}/${device}/test`)).status).toBe(429);
    await server.rows(
      `update notification_devices set tested_at = now() - interval '11 seconds' where id = '${device}'`,
    );
    // A browser that no longer exists is removed.
    push.answer({ status: 410 });
    const gone = await user.request('POST', `${DEVICES}/${device}/test`);
    expect(gone.body.failure).toMatchObject({ reason: 'gone' });
    expect((await devicesOf(user)).items).toEqual([]);
  });

  test('are not added to a session that has ended meanwhile', async () => {
    const user = await server.register(`user${names++}`);
    const vault = new Vault('s'.repeat(40));
    const requests = { mayUse: () => true };
    const devices = new PushDevices({ pool: server.pool, vault, requests });
    const topic = { kind: 'ntfy', url: `${push.url}/${user.name}`, name: 'Phone' } as const;
    await expect(devices.add(user.id, randomUUID() as SessionId, topic)).rejects.toMatchObject({
      refusal: { code: 'session_ended' },
    });
    expect((await devicesOf(user)).items).toEqual([]);
  });
});

describe('a topic of an ntfy server', () => {
  test('gets notifications as JSON, with its token, and what a tap opens', async () => {
    const user = await server.register('topical');
    const added = await user.request('POST', DEVICES, {
      kind: 'ntfy',
      url: `${push.url}/topical-phone`,
      token: 'tk_secret',
      name: 'Phone',
    });
    expect(added.status).toBe(201);
    expect(JSON.stringify(added.body)).not.toContain('tk_secret');
    const group = await ann.group('Launch', [user]);
    const seq = await ann.post(group, '@topical ready');
    expect(await outcomesOf(user, group, seq)).toEqual(['sent']);
    const sent = push.published.filter((p) => p.content.topic === 'topical-phone');
    expect(sent.map((p) => p.content)).toEqual([
      {
        topic: 'topical-phone',
        title: '\u2068ann\u2069 in \u2068Launch\u2069',
        message: '\u2068@topical ready\u2069',
        click: `${server.url}/c/${group}#message-${seq}`,
        tags: ['speech_balloon'],
        priority: 4,
      },
    ]);
    expect(sent[0]?.headers).toMatchObject({
      authorization: 'Bearer tk_secret',
      'content-type': 'application/json',
    });
    const { body } = await user.request('POST', '/me/export', { password: PASSWORD });
    expect(body.notificationDevices).toMatchObject([
      { kind: 'ntfy', name: 'Phone', showsContent: true, lastError: null },
    ]);
    expect(body.notificationDeliveries).toMatchObject([
      { conversation: group, message: seq, channel: 'push', device: 'Phone', outcome: 'sent' },
    ]);
    expect(JSON.stringify(body)).not.toMatch(/tk_secret|topical-phone/);
  });

  test.each([404, 410])(
    'stays when its server answers with %i, and gets the notification later',
    async (status) => {
      const user = await server.register(`topical${status}`);
      const topic = { kind: 'ntfy', url: `${push.url}/${user.name}`, name: 'Phone' };
      const { body: device } = await user.request('POST', DEVICES, topic);
      const group = await ann.group('Upgrade', [user]);
      push.answer({ status });
      const seq = await ann.post(group, `@${user.name} ready`);
      const error = `The push server answered with ${status}`;
      await until(
        async () => (await devicesOf(user)).items[0]?.lastFailure?.error === error,
        'the error',
      );
      await server.rows(
        `update notification_deliveries set due_at = now() where account_id = '${user.id}'`,
      );
      expect(await outcomesOf(user, group, seq)).toEqual(['sent']);
      push.answer({ status });
      const tested = await user.request('POST', `${DEVICES}/${device.id}/test`);
      expect(tested.body).toEqual({ failure: { reason: 'gone', error } });
      expect((await devicesOf(user)).items).toMatchObject([
        { id: device.id, lastFailure: { reason: 'gone', error } },
      ]);
    },
  );

  test('remains with its account if another one adds it', async () => {
    const [first, second] = [await server.register('first'), await server.register('second')];
    const topic = { kind: 'ntfy', url: `${push.url}/guessed`, name: 'Phone' };
    for (const one of [first, second, second]) {
      expect((await one.request('POST', DEVICES, topic)).status).toBe(201);
    }
    for (const one of [first, second]) expect((await devicesOf(one)).items).toHaveLength(1);
  });
});

describe('the key of the server', () => {
  test('is the same for nodes that start concurrently, encrypted, and persistent', async () => {
    const { pool } = await (await cluster.fresh()).open();
    const vault = new Vault('s'.repeat(40));
    const all = await Promise.all(Array.from({ length: 5 }, () => loadPushKeys(pool, vault)));
    expect(new Set(all.map((k) => k.publicKey)).size).toBe(1);
    expect((await loadPushKeys(pool, vault)).publicKey).toBe(all[0]?.publicKey);
    await expect(loadPushKeys(pool, new Vault('t'.repeat(40)))).rejects.toThrow(/PARLEY_SECRET/);
  });
});
