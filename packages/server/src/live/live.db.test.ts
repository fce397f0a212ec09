import {
  CLOSE,
  expandReady,
  LIMITS,
  type Ready,
  ServerFrame,
  streamOfConversation,
} from '@parley/protocol';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PASSWORD } from '../../test/support/credentials.ts';
import { startTestCluster, type TestCluster } from '../../test/support/database.ts';
import type { Peer } from '../../test/support/peer.ts';
import { loginAt, startTestServer, type TestServer, type User } from '../../test/support/server.ts';
import { until } from '../../test/support/sink.ts';
import { aClientId, upTo } from '../../test/support/stream-builders.ts';

/** What nodes over one database share. */
const SECRET = { PARLEY_SECRET: 's'.repeat(40) };

let cluster: TestCluster;
let server: TestServer;
let alice: User;
let bob: User;

beforeAll(async () => {
  cluster = await startTestCluster();
  server = await startTestServer(cluster, SECRET);
  alice = await server.register('alice');
  bob = await server.register('bob');
});
afterAll(async () => {
  await server.stop();
  await cluster.stop();
});

describe('hello', () => {
  test('answers a hello with the initial state, then `live`', async () => {
    const peer = server.peer();
    const ready = await peer.hello(alice.accessToken);
    expect(ready.me).toMatchObject({ id: alice.id, username: 'alice' });
    expect(ready.streams.map((s) => s.kind).sort()).toEqual([
      'conversation',
      'personal',
      'workspace',
    ]);
    expect(ready.conversations).toMatchObject([{ name: 'everyone', isEveryone: true }]);
    expect(ready.limits.bodyCharacters).toBe(LIMITS.bodyCharacters);
    expect(peer.frames.map((f) => f.op)).toEqual(['ready', 'live']);
  });

  test('answers with compact conversations if the client asks for them', async () => {
    const conversation = await alice.group('compact', [bob]);
    await bob.post(conversation, 'hello');
    const { body: direct } = await alice.request('POST', '/conversations/direct', {
      account: bob.id,
    });
    /** What does not differ between connections; lists come in any order. */
    const comparable = ({ connection: _connection, presence: _presence, ...rest }: Ready) => ({
      ...rest,
      streams: byId(rest.streams),
      conversations: byId(rest.conversations),
      unchanged: byId(rest.unchanged),
    });
    const byId = <T extends { readonly id: string }>(rows: readonly T[]): T[] =>
      [...rows].sort((a, b) => (a.id < b.id ? -1 : 1));
    const whole = await server.peer().hello(alice.accessToken);
    expect(whole.conversations.map((c) => c.id)).toEqual(
      expect.arrayContaining([conversation, direct.id]),
    );
    const known = {
      epoch: whole.epoch,
      cursor: Object.fromEntries(whole.streams.map((s) => [s.id, s.lastSeq])),
      resend: [conversation],
    };
    for (const more of [{}, known]) {
      const expected = await server.peer().hello(alice.accessToken, more);
      const compact = await server.peer().hello(alice.accessToken, { ...more, compact: true });
      expect(ServerFrame.parse(compact)).toMatchObject({ conversations: [], unchanged: [] });
      expect(comparable(expandReady(compact))).toEqual(comparable(expected));
    }
  });

  test('must be the first frame', async () => {
    const peer = server.peer();
    await peer.until(() => peer.ws.readyState === 1, 'open');
    peer.send({ op: 'post', id: aClientId(), conversation: alice.id, body: 'x' });
    expect(await peer.whenClosed()).toBe(CLOSE.helloExpected);
    expect(peer.frames.map((f) => f.op)).toEqual(['nack']);
  });

  test('closes the socket after a hello with an invalid token', async () => {
    for (const token of ['', 'nonsense', 'a.b.c', alice.sessionToken, `${alice.accessToken}x`]) {
      const peer = server.peer();
      await peer.until(() => peer.ws.readyState === 1, 'open');
      peer.send({ op: 'hello', token });
      expect(await peer.whenClosed()).toBe(CLOSE.unauthenticated);
      expect(peer.of('ready')).toEqual([]);
    }
  });
});

describe('an upgrade', () => {
  test.each([
    ['null', 'null'],
    ['another site', 'https://evil.example'],
    ['a similar name with a suffix', (url: string) => `${url}.evil.example`],
    ['a similar name after a user part', (url: string) => url.replace('://', '://x@')],
    ['another port', (url: string) => url.replace(/\d+$/, '1')],
    ['a trailing dot', (url: string) => url.replace(/:(\d+)$/, '.:$1')],
  ])('from the origin “%s” is rejected with 403', async (_name, origin) => {
    const peer = server.peer({ origin: typeof origin === 'string' ? origin : origin(server.url) });
    await peer.until(() => peer.refused !== null, 'the rejection');
    expect(peer.refused).toBe(403);
  });

  test('accepts an upgrade from the same origin', async () => {
    const peer = server.peer({ origin: server.url });
    await peer.hello(alice.accessToken);
  });
});

describe('a frame', () => {
  test.each([
    ['that is not JSON', '{"op":', null, 'invalid_json'],
    ['that is not an object', '[]', null, 'invalid'],
    ['of an unknown kind', { op: 'shout', id: 'x1' }, 'x1', 'unknown_frame'],
    ['without a kind', { id: 'x2' }, 'x2', 'unknown_frame'],
    ['of a server', { op: 'event', id: 'x3' }, 'x3', 'unknown_frame'],
    ['without an id', { op: 'post', body: 'x' }, null, 'invalid'],
  ])('%s is answered with a nack', async (_name, frame, id, code) => {
    const peer = server.peer();
    await peer.hello(alice.accessToken);
    peer.send(frame);
    expect(await peer.next('nack')).toMatchObject({ id, code });
    expect(peer.closed).toBeNull();
  });

  test('answers a binary frame with a nack', async () => {
    const peer = server.peer();
    await peer.hello(alice.accessToken);
    peer.send(Buffer.from('{"op":"ping"}'));
    expect(await peer.next('nack')).toMatchObject({ id: null, code: 'invalid_json' });
  });

  test('closes the socket with 1009 after a frame over 64 KiB', async () => {
    const peer = server.peer();
    await peer.hello(alice.accessToken);
    peer.send(`{"op":"ping","x":"${'x'.repeat(LIMITS.frameBytes)}"}`);
    expect(await peer.whenClosed()).toBe(CLOSE.frameTooLarge);
  });

  test('accepts a frame with unknown fields', async () => {
    const peer = server.peer();
    await peer.hello(alice.accessToken);
    peer.send({ op: 'ping', later: { version: 2 } });
    await peer.next('pong');
  });
});

describe('a post', () => {
  test.each([
    ['empty', '', 'body_empty'],
    ['of white space', ' \n\t ', 'body_empty'],
    ['of invisible characters', '\u200b \u3164\u2800', 'body_empty'],
    ['of 16,001 characters', 'x'.repeat(16_001), 'body_too_long'],
    ['with NUL', 'a\u0000b', 'text_invalid'],
    ['with half a surrogate pair', 'a\ud800b', 'text_invalid'],
  ])('%s is rejected and stores nothing', async (_name, body, code) => {
    const conversation = await alice.group('refusals');
    const peer = server.peer();
    await peer.hello(alice.accessToken);
    const id = aClientId();
    // JSON.stringify keeps lone surrogates as escapes, as a hostile client would send them.
    peer.send({ op: 'post', id, conversation, body });
    expect(await peer.next('nack')).toMatchObject({ id, code });
    const history = await alice.request('GET', `/conversations/${conversation}/messages`);
    expect(history.body.items).toEqual([]);
  });

  test('accepts a post of 16,000 emoji', async () => {
    const conversation = await alice.group('emoji');
    const peer = server.peer();
    await peer.hello(alice.accessToken);
    peer.send({ op: 'post', id: aClientId(), conversation, body: '🙂'.repeat(16_000) });
    await peer.next('ack');
    const posted = await peer.next('event', (e) => e.type === 'message.posted');
    expect((posted.data as { body: string }).body).toBe('🙂'.repeat(16_000));
  });

  test('answers a post to a conversation of others as if it did not exist', async () => {
    const conversation = await alice.group('private');
    const peer = server.peer();
    await peer.hello(bob.accessToken);
    const answers = [];
    for (const target of [conversation, aClientId()]) {
      peer.send({ op: 'post', id: aClientId(), conversation: target, body: 'x' });
      const { op, code, message } = await peer.next('nack');
      answers.push({ op, code, message });
    }
    expect(answers[0]).toMatchObject({ code: 'conversation_not_found' });
    expect(answers[1]).toEqual(answers[0]);
  });

  test('acks a post, which reaches all members once with the same seq', async () => {
    const conversation = await alice.group('both', [bob]);
    const [a, b] = [server.peer(), server.peer()];
    await a.hello(alice.accessToken);
    await b.hello(bob.accessToken);
    const id = aClientId();
    a.send({ op: 'post', id, conversation, body: 'hello' });
    const ack = await a.next('ack');
    expect(ack).toMatchObject({ id, stream: conversation });
    for (const peer of [a, b]) {
      const event = await peer.next('event', (e) => e.type === 'message.posted');
      expect(event).toMatchObject({
        seq: ack.seq,
        client: id,
        actor: alice.id,
        data: { body: 'hello' },
      });
    }
    // A retry with the same id, on the socket and over REST, finds the first event.
    b.send({ op: 'ping' });
    a.send({ op: 'post', id, conversation, body: 'hello' });
    expect(await a.next('ack')).toEqual(ack);
    const rest = await alice.request(
      'POST',
      `/conversations/${conversation}/messages`,
      { body: 'hello' },
      { 'idempotency-key': id },
    );
    expect(rest.body.seq).toBe(ack.seq);
    const history = await bob.request('GET', `/conversations/${conversation}/messages`);
    expect(history.body.items).toHaveLength(1);
  });

  test('sends edits, reactions and deletions to all members', async () => {
    const conversation = await alice.group('changes', [bob]);
    const [a, b] = [server.peer(), server.peer()];
    await a.hello(alice.accessToken);
    await b.hello(bob.accessToken);
    a.send({ op: 'post', id: aClientId(), conversation, body: 'one' });
    const { seq: message } = await a.next('ack');
    const on = { conversation, message };
    a.send({ op: 'edit', id: aClientId(), ...on, body: 'two' });
    b.send({ op: 'edit', id: aClientId(), ...on, body: 'not yours' });
    expect(await b.next('nack')).toMatchObject({ code: 'forbidden' });
    b.send({ op: 'react', id: aClientId(), ...on, emoji: '👍' });
    const reacted = await b.next('ack');
    b.send({ op: 'react', id: aClientId(), ...on, emoji: '👍' });
    expect((await b.next('ack')).seq).toBe(reacted.seq);
    b.send({ op: 'unreact', id: aClientId(), ...on, emoji: '👍' });
    await b.next('ack');
    b.send({ op: 'pin', id: aClientId(), ...on });
    const pinned = await b.next('ack');
    a.send({ op: 'pin', id: aClientId(), ...on });
    expect(await a.next('ack', (f) => f.seq === pinned.seq)).toBeDefined();
    a.send({ op: 'unpin', id: aClientId(), ...on });
    await b.next('event', (e) => e.type === 'message.unpinned');
    a.send({ op: 'delete', id: aClientId(), ...on });
    await a.next('ack');
    b.send({ op: 'react', id: aClientId(), ...on, emoji: '👍' });
    expect(await b.next('nack')).toMatchObject({ code: 'message_deleted' });
    await b.next('event', (e) => e.type === 'message.deleted');
    expect(
      b
        .of('event')
        .filter((e) => e.stream === streamOfConversation(conversation))
        .map((e) => e.type),
    ).toEqual([
      'message.posted',
      'message.edited',
      'reaction.added',
      'reaction.removed',
      'message.pinned',
      'message.unpinned',
      'message.deleted',
    ]);
  });
});

describe('signals', () => {
  test('a registration is sent to all', async () => {
    const peer = server.peer();
    await peer.hello(alice.accessToken);
    const carol = await server.register('carol');
    const event = await peer.next('event', (e) => e.type === 'user.registered');
    expect(event.data).toMatchObject({ account: carol.id, username: 'carol' });
  });

  test('sends typing, presence, read cursors and receipts', async () => {
    const [gina, hugo] = [await server.register('gina'), await server.register('hugo')];
    const conversation = await gina.group('signals', [hugo]);
    const [a, b] = [server.peer(), server.peer()];
    await a.hello(gina.accessToken);
    await b.hello(hugo.accessToken);
    b.send({ op: 'typing', conversation });
    expect(await a.next('typing')).toEqual({ op: 'typing', conversation, account: hugo.id });
    expect(b.of('typing')).toEqual([]);
    const seq = await gina.post(conversation, 'read me');
    b.send({ op: 'read', id: aClientId(), conversation, seq });
    await b.next('ack');
    expect(await b.next('read')).toMatchObject({
      cursor: { conversation, readSeq: seq, unread: 0 },
    });
    expect(await a.next('receipt')).toMatchObject({ conversation, account: hugo.id, readSeq: seq });
    await a.next('presence', (p) => p.changes.some((c) => c.account === hugo.id));
    b.send({ op: 'presence', state: 'idle' });
    await a.next('presence', (p) =>
      p.changes.some((c) => c.account === hugo.id && c.state === 'idle'),
    );
  });

  test('a socket receives the presence of the accounts it subscribes to', async () => {
    const [ida, jan, kim] = [
      await server.register('ida'),
      await server.register('jan'),
      await server.register('kim'),
    ];
    const [everything, a] = [server.peer(), server.peer()];
    await everything.hello(kim.accessToken);
    const ready = await a.hello(ida.accessToken, { presence: [kim.id, kim.id, jan.id] });
    expect(ready.presence).toEqual([]);
    const toldOf = (peer: Peer, who: User) =>
      peer
        .of('presence')
        .flatMap((p) => p.changes)
        .filter((c) => c.account === who.id)
        .map((c) => c.state);
    await a.until(() => toldOf(a, kim).includes('active'), 'kim');
    // Jan is online, but no longer subscribed to; kim is already known.
    a.send({ op: 'watch', accounts: [kim.id, ida.id] });
    await a.until(() => toldOf(a, ida).includes('active'), 'the new subscription');
    const b = server.peer();
    await b.hello(jan.accessToken, { presence: [] });
    await everything.until(
      () => toldOf(everything, jan).includes('active'),
      'jan, by the old client',
    );
    everything.send({ op: 'presence', state: 'idle' });
    await a.until(() => toldOf(a, kim).includes('idle'), 'kim to be away');
    expect(toldOf(a, jan)).toEqual([]);
    expect(toldOf(a, kim)).toEqual(['active', 'idle']);
    expect(b.of('presence')).toEqual([]);
    const later = await server.peer().hello(ida.accessToken, { presence: [kim.id] });
    expect(later.presence).toEqual([{ account: kim.id, state: 'idle' }]);
    const tooMany = Array.from({ length: 201 }, () => kim.id);
    a.send({ op: 'watch', accounts: tooMany });
    expect(await a.next('nack')).toMatchObject({ id: null, code: 'invalid' });
  });
});

describe('a status', () => {
  const lastOf = (peer: Peer, who: User) =>
    peer
      .of('presence')
      .flatMap((p) => p.changes)
      .filter((c) => c.account === who.id)
      .at(-1);
  const inMs = (ms: number) => new Date(Date.now() + ms).toISOString();

  test('sends a status to its account’s devices and its subscribers', async () => {
    const [lea, max] = [await server.register('lea'), await server.register('max')];
    const [old, watching, own] = [server.peer(), server.peer(), server.peer()];
    await old.hello(max.accessToken);
    await watching.hello(max.accessToken, { presence: [lea.id] });
    await own.hello(lea.accessToken, { presence: [lea.id] });
    await watching.until(() => lastOf(watching, lea)?.state === 'active', 'lea');
    const change = { emoji: '🌴', text: 'On  vacation', doNotDisturbUntil: inMs(3_600_000) };
    const answer = await lea.request('PATCH', '/me/status', change);
    expect(answer).toMatchObject({ status: 200 });
    const status = {
      emoji: '🌴',
      text: 'On vacation',
      expiresAt: null,
      doNotDisturbUntil: change.doNotDisturbUntil,
      isAway: false,
    };
    expect(answer.body).toEqual({ ...status, showLastSeen: true });
    await watching.until(() => lastOf(watching, lea)?.status !== undefined, 'the status');
    expect(lastOf(watching, lea)).toEqual({ account: lea.id, state: 'active', status });
    const event = await own.next('event', (e) => e.type === 'status.changed');
    expect(event.data).toEqual(answer.body);
    await own.until(() => lastOf(own, lea)?.status !== undefined, 'the own status');
    // Also while she is offline, and for those who connect later.
    own.close();
    await watching.until(() => lastOf(watching, lea)?.state === 'offline', 'lea to be gone');
    expect(lastOf(watching, lea)).toEqual({ account: lea.id, state: 'offline', status });
    const later = await server.peer().hello(max.accessToken, { presence: [lea.id] });
    expect(later.presence).toEqual([{ account: lea.id, state: 'offline', status }]);
    const profile = await max.request('GET', `/users/${lea.id}/profile`);
    expect(profile.body).toMatchObject({ username: 'lea', status });
    // Setting it again changes nothing; removing it is announced as well.
    expect((await lea.request('PATCH', '/me/status', change)).body).toEqual(answer.body);
    await lea.request('PATCH', '/me/status', { emoji: null, text: '', doNotDisturbUntil: null });
    await watching.until(() => lastOf(watching, lea)?.status === undefined, 'it to be removed');
    expect((await lea.request('GET', '/me/status')).body.text).toBe('');
    // Clients that do not subscribe receive the presence alone, as before.
    expect(old.of('presence').some((p) => p.changes.some((c) => c.status))).toBe(false);
    const events = await server.rows(
      `select 1 from events where type = 'status.changed' and actor_id = '${lea.id}'`,
    );
    expect(events).toHaveLength(2);
  });

  test('a user who is set away is away for others while active, on all nodes and after a restart', async () => {
    const [ivy, joe] = [await server.register('ivy'), await server.register('joe')];
    const [own, watching, ofAll] = [server.peer(), server.peer(), server.peer()];
    await watching.hello(joe.accessToken, { presence: [ivy.id] });
    await ofAll.hello(joe.accessToken);
    await own.hello(ivy.accessToken, { presence: [] });
    await watching.until(() => lastOf(watching, ivy)?.state === 'active', 'ivy');
    const away = await ivy.request('PATCH', '/me/status', { isAway: true });
    expect(away).toMatchObject({ status: 200, body: { isAway: true, text: '' } });
    await watching.until(() => lastOf(watching, ivy)?.state === 'idle', 'ivy to be away');
    expect(lastOf(watching, ivy)?.status).toMatchObject({ isAway: true });
    await ofAll.until(() => lastOf(ofAll, ivy)?.state === 'idle', 'it without subscriptions');
    // Clearing the status leaves it, and so does input on a device.
    await ivy.request('PATCH', '/me/status', { emoji: null, text: '', expiresAt: null });
    own.send({ op: 'presence', state: 'idle' });
    own.send({ op: 'presence', state: 'active' });
    // A node that starts reads it from the database.
    const databaseUrl = String(server.pool.options.connectionString);
    const other = await startTestServer(cluster, { ...SECRET, DATABASE_URL: databaseUrl });
    try {
      const [there, onOther] = [other.peer(), other.peer()];
      const tokenOf = async (name: string) => (await loginAt(other.url, name)).body.accessToken;
      await onOther.hello(await tokenOf('joe'), { presence: [ivy.id] });
      await there.hello(await tokenOf('ivy'), { presence: [] });
      await onOther.until(() => lastOf(onOther, ivy)?.state === 'idle', 'it on the other node');
      const { body } = await ivy.request('POST', '/me/export', { password: PASSWORD });
      expect(body.status).toMatchObject({ isAway: true });
      await ivy.request('PATCH', '/me/status', { isAway: false });
      await onOther.until(() => lastOf(onOther, ivy)?.state === 'active', 'ivy there');
    } finally {
      await other.stop();
    }
    await watching.until(() => lastOf(watching, ivy)?.state === 'active', 'ivy to be back');
    expect(lastOf(watching, ivy)).toEqual({ account: ivy.id, state: 'active' });
    await ofAll.until(() => lastOf(ofAll, ivy)?.state === 'active', 'it without subscriptions');
  });

  test('a status expires once, by an event, and each of its parts at its time', async () => {
    const [nia, ole] = [await server.register('nia'), await server.register('ole')];
    const watching = server.peer();
    await watching.hello(ole.accessToken, { presence: [nia.id] });
    const own = server.peer();
    await own.hello(nia.accessToken);
    const doNotDisturbUntil = inMs(3_600_000);
    const change = { text: 'back soon', expiresAt: inMs(600_000), doNotDisturbUntil };
    expect(await nia.request('PATCH', '/me/status', change)).toMatchObject({ status: 200 });
    await own.next('event', (e) => e.type === 'status.changed');
    await server.rows(`update statuses set expires_at = now() where account_id = '${nia.id}'`);
    const expired = await own.next('event', (e) => e.type === 'status.changed');
    expect(expired.data).toEqual({
      emoji: null,
      text: '',
      expiresAt: null,
      doNotDisturbUntil,
      isAway: false,
      showLastSeen: true,
    });
    await watching.until(() => lastOf(watching, nia)?.status?.text === '', 'the expiry');
    expect(lastOf(watching, nia)?.status).toMatchObject({ doNotDisturbUntil });
  });

  test.each([
    ['a time that has passed', { text: 'x', expiresAt: '2020-01-01T00:00:00.000Z' }, 'time_passed'],
    ['invisible characters', { text: 'a\u202eb' }, 'invalid'],
    ['more than one line', { text: 'a\nb' }, 'invalid'],
    ['too much text', { text: 'x'.repeat(101) }, 'invalid'],
    ['a text as emoji', { emoji: 'ab' }, 'invalid'],
  ])('rejects %s', async (_what, body, code) => {
    const answer = await alice.request('PATCH', '/me/status', body);
    expect(answer).toMatchObject({ status: 422, body: { code } });
  });

  test('last seen can be hidden', async () => {
    const [pia, rob] = [await server.register('pia'), await server.register('rob')];
    const profile = async () => (await rob.request('GET', `/users/${pia.id}/profile`)).body;
    const before = (await profile()).lastSeenAt;
    const [peer, watching] = [server.peer(), server.peer()];
    await watching.hello(rob.accessToken, { presence: [pia.id] });
    await peer.hello(pia.accessToken);
    await watching.until(() => lastOf(watching, pia)?.state === 'active', 'pia');
    peer.close();
    await watching.until(() => lastOf(watching, pia)?.state === 'offline', 'pia to be gone');
    await until(async () => (await profile()).lastSeenAt > before, 'it to be recorded');
    await pia.request('PATCH', '/me/status', { showLastSeen: false });
    expect((await profile()).lastSeenAt).toBeNull();
  });
});

describe('a profile', () => {
  test('others see a profile, and get an event when it changes', async () => {
    const [sol, tom] = [await server.register('sol'), await server.register('tom')];
    const peer = server.peer();
    await peer.hello(tom.accessToken);
    const path = `/users/${sol.id}/profile`;
    const profile = async () => (await tom.request('GET', path)).body;
    expect(await profile()).toMatchObject({ title: null, pronouns: null, timeZone: null });
    const change = { title: 'Head of  design', pronouns: 'she/her', timeZone: 'Europe/Berlin' };
    const shown = { ...change, title: 'Head of design' };
    expect((await sol.request('PATCH', '/me', change)).body).toMatchObject(shown);
    const event = await peer.next('event', (e) => e.type === 'user.updated');
    expect(event.data).toMatchObject({ account: sol.id, username: 'sol', ...shown });
    expect(await profile()).toMatchObject({ username: 'sol', ...shown });
    // What is missing is unchanged; null removes.
    await sol.request('PATCH', '/me', { displayName: 'Sol', pronouns: null });
    expect(await profile()).toMatchObject({ ...shown, displayName: 'Sol', pronouns: null });
    for (const wrong of [
      { title: 'x'.repeat(81) },
      { title: 'a\u202eb' },
      { pronouns: '\u200b' },
      { timeZone: 'Mars/Olympus' },
      { timeZone: '' },
    ]) {
      const { status } = await sol.request('PATCH', '/me', wrong);
      expect(status, JSON.stringify(wrong)).toBe(422);
    }
    const deleted = await sol.request('POST', '/me/delete', {
      password: PASSWORD,
      messages: 'keep',
    });
    expect(deleted.status).toBe(204);
    expect(await profile()).toMatchObject({ title: null, pronouns: null, timeZone: null });
  });
});

describe('the end of a session', () => {
  test('the end of a session closes its sockets', async () => {
    const dave = await server.register('dave');
    const peer = server.peer();
    await peer.hello(dave.accessToken);
    const out = await dave.request('POST', '/auth/logout', undefined, {
      authorization: `Bearer ${dave.sessionToken}`,
    });
    expect(out.status).toBe(204);
    expect(await peer.whenClosed()).toBe(CLOSE.sessionEnded);
    const again = server.peer();
    await again.until(() => again.ws.readyState === 1, 'open');
    again.send({ op: 'hello', token: dave.accessToken });
    expect(await again.whenClosed()).toBe(CLOSE.sessionEnded);
  });
});

describe('limits', () => {
  test('too many commands are rejected with retryAfter, and too many hellos with 4009', async () => {
    // A small budget that refills slowly, so that a slow machine has not refilled it before the
    // next hello.
    const strict = await startTestServer(cluster, { RATE_LIMITS: 'on' }, { accountFrames: 160 });
    try {
      const erin = await strict.register('erin');
      const conversation = await erin.group('busy');
      const peer = strict.peer();
      await peer.hello(erin.accessToken);
      for (const n of upTo(40))
        peer.send({ op: 'post', id: aClientId(), conversation, body: `${n}` });
      await peer.until(() => peer.of('ack').length + peer.of('nack').length === 40, 'all answers');
      expect(peer.of('ack').length).toBeGreaterThanOrEqual(30);
      expect(peer.of('nack').length).toBeGreaterThan(0);
      for (const nack of peer.of('nack')) {
        expect(nack.code).toBe('rate_limited');
        expect(nack.retryAfter).toBeGreaterThan(0);
      }

      // An account that sends hellos repeatedly is not answered until its budget has recovered.
      const answers: (number | null)[] = [];
      const gus = await strict.register('gus');
      for (let n = 0; n < 100 && !answers.includes(CLOSE.tooManyFrames); n++) {
        const next = strict.peer();
        await next.until(() => next.ws.readyState === next.ws.OPEN, 'the socket to open');
        next.send({ op: 'hello', token: gus.accessToken });
        await next.until(() => next.closed !== null || next.of('live').length > 0, 'the answer');
        answers.push(next.closed?.code ?? null);
        next.close();
      }
      expect(answers.at(-1)).toBe(CLOSE.tooManyFrames);
      expect(answers.filter((code) => code === null).length).toBeGreaterThanOrEqual(3);
      const finn = await strict.register('finn');
      const flooding = strict.peer();
      await flooding.hello(finn.accessToken);
      // Reading would pause for six seconds, during which a closed connection goes unnoticed.
      for (let n = 0; n < 200; n++) flooding.send({ op: 'ping' });
      expect(await flooding.whenClosed()).toBe(CLOSE.tooManyFrames);
      const hal = await strict.register('hal');
      await strict.peer().hello(hal.accessToken);
    } finally {
      await strict.stop();
    }
  });

  test('a connection without a hello is closed after the timeout, and others get pings with new heads', async () => {
    expect(LIMITS.helloMs).toBe(10_000);
    const hasty = await startTestServer(cluster, {}, { helloMs: 500, pingMs: 100 });
    try {
      expect(await hasty.peer().whenClosed()).toBe(CLOSE.helloExpected);
      const ivy = await hasty.register('ivy');
      const conversation = await ivy.group('Pings');
      const peer = hasty.peer();
      await peer.hello(ivy.accessToken);
      const seq = await ivy.post(conversation, 'one');
      const heads = () => peer.of('ping').flatMap((ping) => Object.entries(ping.heads));
      await until(() => heads().length > 0, 'a ping with a head');
      expect(heads()).toEqual([[conversation, seq]]);
      // Each head is sent once.
      const pings = peer.of('ping').length;
      await until(() => peer.of('ping').length >= pings + 2, 'more pings');
      expect(heads()).toEqual([[conversation, seq]]);
      expect(peer.of('ping').at(-1)?.readVersion).toBe(0);
    } finally {
      await hasty.stop();
    }
  });

  test('a stopping server sends goodbye and closes with 1012', async () => {
    const other = await startTestServer(cluster);
    const frank = await other.register('frank');
    const peer = other.peer();
    await peer.hello(frank.accessToken);
    const stopped = other.stop();
    expect(await peer.whenClosed()).toBe(CLOSE.restart);
    expect(peer.of('goodbye')).toMatchObject([{ reason: 'restart' }]);
    await stopped;
  });

  test('a stopping server closes its connections before it waits for the database', async () => {
    const other = await startTestServer(cluster);
    const frank = await other.register('frank');
    const peer = other.peer();
    await peer.hello(frank.accessToken);
    await peer.until(() => peer.of('presence').length > 0, 'the presence');
    const blocker = new pg.Client(other.pool.options);
    const reader = new pg.Client(other.pool.options);
    await Promise.all([blocker.connect(), reader.connect()]);
    try {
      await blocker.query('begin; lock table last_seen in exclusive mode');
      const stopped = other.stop();
      expect(await peer.whenClosed()).toBe(CLOSE.restart);
      expect(peer.of('goodbye')).toMatchObject([{ reason: 'restart' }]);
      await blocker.query('rollback');
      await stopped;
      const { rows } = await reader.query('select account_id from last_seen');
      expect(rows).toEqual([{ account_id: frank.id }]);
    } finally {
      await Promise.all([blocker.end(), reader.end()]);
    }
  });
});
