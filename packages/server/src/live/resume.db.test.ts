import {
  CLOSE,
  type ConversationId,
  type Event,
  LIMITS,
  type Seq,
  streamOfConversation,
} from '@parley/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestCluster, type TestCluster } from '../../test/support/database.ts';
import type { Peer } from '../../test/support/peer.ts';
import { startTestServer, type TestServer, type User } from '../../test/support/server.ts';
import { aClientId, upTo } from '../../test/support/stream-builders.ts';

let cluster: TestCluster;
let server: TestServer;
let alice: User;
let bob: User;

beforeAll(async () => {
  cluster = await startTestCluster();
  server = await startTestServer(cluster);
  alice = await server.register('alice');
  bob = await server.register('bob');
});
afterAll(async () => {
  await server.stop();
  await cluster.stop();
});

const seqs = (events: readonly Event[]): Seq[] => events.map((e) => e.seq);

describe('resume', () => {
  test('a resume sends missed events, including edits and deletions, and then `live` (B10)', async () => {
    const conversation = await alice.group('resume', [bob]);
    const first = server.peer();
    const ready = await first.hello(bob.accessToken);
    const stream = streamOfConversation(conversation);
    const cursor = { [stream]: ready.streams.find((s) => s.id === stream)?.lastSeq };
    first.close();
    const one = await alice.post(conversation, 'one');
    const two = await alice.post(conversation, 'two');
    await alice.request('PATCH', `/conversations/${conversation}/messages/${one}`, { body: 'ONE' });
    await alice.request('DELETE', `/conversations/${conversation}/messages/${two}`);
    const again = server.peer();
    await again.hello(bob.accessToken, { epoch: ready.epoch, cursor });
    expect(
      again
        .of('event')
        .filter((e) => e.stream === streamOfConversation(conversation))
        .map((e) => e.type),
    ).toEqual(['message.posted', 'message.posted', 'message.edited', 'message.deleted']);
  });

  test('a resume over more than 500 missing events, or from another epoch, is a reset', async () => {
    const conversation = await alice.group('long', [bob]);
    const peer = server.peer();
    const { epoch } = await peer.hello(alice.accessToken);
    for (const _ of upTo(510)) peer.send({ op: 'post', id: aClientId(), conversation, body: 'x' });
    await peer.until(() => peer.of('ack').length === 510, 'all acks');
    const lastSeq = Math.max(...peer.of('ack').map((a) => a.seq));

    const far = server.peer();
    await far.hello(bob.accessToken, { epoch, cursor: { [conversation]: lastSeq - 501 } });
    expect(far.of('reset')).toEqual([{ op: 'reset', stream: conversation, lastSeq }]);
    expect(far.of('event')).toEqual([]);

    const near = server.peer();
    await near.hello(bob.accessToken, { epoch, cursor: { [conversation]: lastSeq - 500 } });
    expect(seqs(near.of('event'))).toEqual(upTo(lastSeq).slice(-500));

    const strange = server.peer();
    await strange.hello(bob.accessToken, {
      epoch: 'another',
      cursor: { [conversation]: lastSeq - 5 },
    });
    expect(strange.of('reset').map((r) => r.stream)).toContain(conversation);
    expect(strange.of('event')).toEqual([]);
  });

  test('a client can request a range again', async () => {
    const conversation = await alice.group('fill', [bob]);
    const peer = server.peer();
    await peer.hello(bob.accessToken);
    const sent = [];
    for (const n of upTo(5)) sent.push(await alice.post(conversation, `${n}`));
    await peer.until(() => peer.of('event').length >= 5, 'the events');
    peer.send({ op: 'fill', id: aClientId(), stream: conversation, after: sent[1] });
    await peer.next('ack');
    await peer.until(() => peer.of('event').length >= 8, 'the events again');
    expect(seqs(peer.of('event')).slice(-3)).toEqual(sent.slice(2));
  });

  test('a client cannot request a range before the current membership period', async () => {
    const conversation = await alice.group('twice', [bob], 'public');
    const stream = streamOfConversation(conversation);
    await alice.post(conversation, 'while bob is in');
    const path = `/conversations/${conversation}`;
    const left = await bob.request('POST', `${path}/leave`);
    expect(left.status).toBe(204);
    const missed = await alice.post(conversation, 'while bob is out');
    expect((await bob.request('POST', `${path}/join`)).status).toBe(200);
    const peer = server.peer();
    await peer.hello(bob.accessToken);
    const last = await alice.post(conversation, 'while bob is back');
    await peer.next('event', (e) => e.stream === stream && e.seq === last);

    const before = peer.of('event').length;
    peer.send({ op: 'fill', id: aClientId(), stream, after: 0 });
    await peer.next('event', (e) => e.stream === stream && e.seq === last);
    const again = seqs(
      peer
        .of('event')
        .slice(before)
        .filter((e) => e.stream === stream),
    );
    expect(again).toEqual([missed + 1, last]);
  });

  test('a removed member gets the removal and nothing after it', async () => {
    const conversation = await alice.group('removal', [bob]);
    const peer = server.peer();
    const { epoch } = await peer.hello(bob.accessToken);
    const before = await alice.post(conversation, 'before');
    await alice.request('DELETE', `/conversations/${conversation}/members/${bob.id}`);
    await alice.post(conversation, 'after');
    const left = await peer.next('event', (e) => e.type === 'member.left');
    await peer.next('event', (e) => e.type === 'conversation.left');
    expect(
      seqs(peer.of('event').filter((e) => e.stream === streamOfConversation(conversation))),
    ).toEqual([before, left.seq]);

    // Also if it was offline.
    const away = server.peer();
    await away.hello(bob.accessToken, { epoch, cursor: { [conversation]: before } });
    expect(
      seqs(away.of('event').filter((e) => e.stream === streamOfConversation(conversation))),
    ).toEqual([left.seq]);
  });

  test('an account that rejoins gets the stream since its join, without the events in between', async () => {
    const conversation = await alice.group('return', [bob], 'public');
    const peer = server.peer();
    const { epoch } = await peer.hello(bob.accessToken);
    const before = await alice.post(conversation, 'before');
    await bob.request('POST', `/conversations/${conversation}/leave`);
    await alice.post(conversation, 'meanwhile');
    await bob.request('POST', `/conversations/${conversation}/join`);
    const after = await alice.post(conversation, 'after');
    await peer.next(
      'event',
      (e) => e.seq === after && e.stream === streamOfConversation(conversation),
    );
    const mine = peer.of('event').filter((e) => e.stream === streamOfConversation(conversation));
    expect(mine.map((e) => e.type)).toEqual([
      'message.posted',
      'member.left',
      'member.joined',
      'message.posted',
    ]);
    // The snapshot comes before the first event of the new period.
    const opened = peer.frames.findIndex(
      (f) => f.op === 'conversation' && f.conversation.id === conversation,
    );
    const rejoined = peer.frames.findIndex(
      (f) =>
        f.op === 'event' &&
        f.type === 'member.joined' &&
        f.stream === streamOfConversation(conversation),
    );
    expect(opened).toBeGreaterThan(-1);
    expect(opened).toBeLessThan(rejoined);

    const away = server.peer();
    await away.hello(bob.accessToken, { epoch, cursor: { [conversation]: before } });
    const missed = away.of('event').filter((e) => e.stream === streamOfConversation(conversation));
    expect(missed.map((e) => e.type)).toEqual(['member.left', 'member.joined', 'message.posted']);
  });

  test('an account that leaves and rejoins while offline continues with the second period', async () => {
    const conversation = await alice.group('at once', [bob], 'public');
    const stream = streamOfConversation(conversation);
    const before = await alice.post(conversation, 'before');
    const { epoch } = await server.peer().hello(bob.accessToken);
    await bob.request('POST', `/conversations/${conversation}/leave`);
    await bob.request('POST', `/conversations/${conversation}/join`);
    await alice.post(conversation, 'after');
    const back = server.peer();
    await back.hello(bob.accessToken, { epoch, cursor: { [conversation]: before } });
    const live = await alice.post(conversation, 'live');
    await back.next('event', (e) => e.stream === stream && e.seq === live);
    expect(
      back
        .of('event')
        .filter((e) => e.stream === stream)
        .map((e) => e.type),
    ).toEqual(['member.left', 'member.joined', 'message.posted', 'message.posted']);
  });

  test('a client that has seen its own removal and reconnects after rejoining becomes live', async () => {
    const conversation = await alice.group('return later', [bob], 'public');
    const stream = streamOfConversation(conversation);
    const peer = server.peer();
    const { epoch } = await peer.hello(bob.accessToken);
    await bob.request('POST', `/conversations/${conversation}/leave`);
    const left = await peer.next('event', (e) => e.type === 'member.left' && e.stream === stream);
    await alice.post(conversation, 'meanwhile');
    await bob.request('POST', `/conversations/${conversation}/join`);
    await alice.post(conversation, 'after');

    const back = server.peer();
    await back.hello(bob.accessToken, { epoch, cursor: { [conversation]: left.seq } });
    const missed = back.of('event').filter((e) => e.stream === stream);
    expect(missed.map((e) => e.type)).toEqual(['member.joined', 'message.posted']);
  });
});

describe('a slow reader', () => {
  /** Posts enough to fill the buffers of the operating system and of the server. Returns the last seq. */
  async function flood(writer: Peer, conversation: ConversationId, messages: number): Promise<Seq> {
    const body = 'x'.repeat(15_000);
    const before = writer.of('ack').length;
    for (const _ of upTo(messages))
      writer.send({ op: 'post', id: aClientId(), conversation, body });
    await writer.until(() => writer.of('ack').length === before + messages, 'all acks');
    return Math.max(...writer.of('ack').map((a) => a.seq)) as Seq;
  }

  test('a slow reader is paused, and catches up without loss or duplicates (B16, B17)', async () => {
    const conversation = await alice.group('slow', [bob]);
    const [writer, reader] = [server.peer(), server.peer()];
    await writer.hello(alice.accessToken);
    await reader.hello(bob.accessToken);
    reader.ws.pause();
    const last = await flood(writer, conversation, 1_200);
    // 18 MB were posted; what waits in the server is bounded.
    expect(server.figures().buffered).toBeLessThan(3 * 1024 * 1024);
    reader.ws.resume();
    await reader.until(
      () =>
        reader
          .of('event')
          .some((e) => e.seq === last && e.stream === streamOfConversation(conversation)),
      'the rest',
    );
    const seen = seqs(
      reader.of('event').filter((e) => e.stream === streamOfConversation(conversation)),
    );
    expect(seen).toEqual(upTo(last).slice(-1_200));
    expect(server.figures().stalled).toBe(0);
  });

  test('a client that reads nothing for too long is closed with 4008', async () => {
    expect(CLOSE.tooSlow).toBe(4008);
    expect(LIMITS.stalledMs).toBe(30_000);
    const strict = await startTestServer(cluster, {}, { stalledMs: 1_000 });
    try {
      const [gina, hugo] = [await strict.register('gina'), await strict.register('hugo')];
      const conversation = await gina.group('stalled', [hugo]);
      const [writer, reader] = [strict.peer(), strict.peer()];
      await writer.hello(gina.accessToken);
      await reader.hello(hugo.accessToken);
      reader.ws.pause();
      await flood(writer, conversation, 1_200);
      await writer.until(
        () => strict.figures().stalled === 1,
        'the server to close the connection',
      );
      await writer.until(() => strict.figures().sockets === 1, 'the socket to be closed');
      // It can start over.
      const again = strict.peer();
      const { conversations } = await again.hello(hugo.accessToken);
      expect(conversations.find((c) => c.id === conversation)?.unread).toBe(LIMITS.unreadMax);
    } finally {
      await strict.stop();
    }
  });
});
