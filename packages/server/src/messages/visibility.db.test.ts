import {
  type ConversationId,
  type Event,
  type FoundMessage,
  type Seq,
  type StreamId,
  streamOfConversation,
} from '@parley/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PASSWORD } from '../../test/support/credentials.ts';
import { startTestCluster, type TestCluster } from '../../test/support/database.ts';
import type { Peer } from '../../test/support/peer.ts';
import {
  type Answer,
  startTestServer,
  type TestServer,
  type User,
} from '../../test/support/server.ts';
import { aClientId } from '../../test/support/stream-builders.ts';

/** Tests every read operation with every kind of reader, over REST and the socket. */

const BEFORE = 'written before any member left';
const BETWEEN = 'written while they were away';

let cluster: TestCluster;
let server: TestServer;
let epoch: string;
/** The last seq of the group before {@link BEFORE} was posted. */
let joined: Seq;
let message: Seq;
let endedMessage: Seq;

/** A user who reads, and the conversation to read. */
interface Reader {
  readonly user: User;
  readonly conversation: ConversationId;
  /** The seq of the event that ended the last membership period; null in a current one. */
  readonly left: Seq | null;
}
const readers = new Map<string, Reader>();
const reader = (kind: string) => readers.get(kind) as Reader;

beforeAll(async () => {
  cluster = await startTestCluster();
  server = await startTestServer(cluster);
  const user = (name: string) => server.register(name);
  const [owner, member, leaver, removed, returned, stranger] = [
    await user('olga'),
    await user('mia'),
    await user('lou'),
    await user('rex'),
    await user('ron'),
    await user('nia'),
  ];
  const users = [member, leaver, removed, returned];
  const conversation = await owner.group('group', users, 'public');
  const ended = await owner.group('ended group', [member], 'public');
  epoch = (await server.peer().hello(owner.accessToken)).epoch;
  joined = await headOf(owner, conversation);
  message = await owner.post(conversation, BEFORE);
  for (const p of users) await p.post(conversation, `mine: ${p.name}`);
  const path = (who: User) => `/conversations/${conversation}/members/${who.id}`;
  const ok = async (answer: Promise<Answer>) => {
    const { status, body } = await answer;
    expect(status, JSON.stringify(body)).toBeLessThan(300);
  };
  await ok(leaver.request('POST', `/conversations/${conversation}/leave`));
  await ok(owner.request('DELETE', path(removed)));
  await ok(returned.request('POST', `/conversations/${conversation}/leave`));
  await owner.post(conversation, BETWEEN);
  await ok(returned.request('POST', `/conversations/${conversation}/join`));
  endedMessage = await owner.post(ended, BEFORE);
  await ok(owner.request('DELETE', `/conversations/${ended}`));
  for (const [kind, of] of Object.entries({
    owner: { user: owner, conversation, left: null },
    member: { user: member, conversation, left: null },
    'member who left': { user: leaver, conversation, left: await endOf(leaver, conversation) },
    'member who was removed': {
      user: removed,
      conversation,
      left: await endOf(removed, conversation),
    },
    'member who joined again': { user: returned, conversation, left: null },
    'non-member': { user: stranger, conversation, left: null },
    'member of a deleted group': {
      user: member,
      conversation: ended,
      left: await endOf(member, ended),
    },
  })) {
    readers.set(kind, of);
  }
});
afterAll(async () => {
  await server?.stop();
  await cluster?.stop();
});

/** Returns the seq of the event that ended the last membership period. */
async function endOf(user: User, conversation: ConversationId): Promise<Seq> {
  const [row] = await server.rows(
    `select max(left_seq)::int as left_seq from memberships
     where account_id = '${user.id}' and conversation_id = '${conversation}'`,
  );
  return row?.left_seq as Seq;
}

async function headOf(user: User, conversation: ConversationId): Promise<Seq> {
  return (await user.request('GET', `/conversations/${conversation}`)).body.lastSeq;
}

/** The kinds of readers that are current members. */
const MEMBERS = new Set(['owner', 'member', 'member who joined again']);
const READERS = [
  ...MEMBERS,
  'member who left',
  'member who was removed',
  'non-member',
  'member of a deleted group',
];

const get = async ({ user }: Reader, path: string) => {
  const { status, body } = await user.request('GET', path);
  return { status, text: JSON.stringify(body) };
};
const at = (r: Reader) => `/conversations/${r.conversation}`;
const messageOf = (r: Reader) =>
  `${at(r)}/messages/${r.conversation === reader('owner').conversation ? message : endedMessage}`;

/** Sends hello with a cursor and returns the peer once it is live. */
async function framesOf(r: Reader, cursor?: Record<string, number>): Promise<Peer> {
  const peer = server.peer();
  await peer.hello(r.user.accessToken, cursor && { epoch, cursor });
  return peer;
}

/** The requests that a former member is refused; `text` is the whole answer. */
const REQUESTS: Record<string, (r: Reader) => Promise<{ status: number; text: string }>> = {
  'the page of history': (r) => get(r, `${at(r)}/messages?limit=100`),
  'history after a seq': (r) => get(r, `${at(r)}/messages?after=0`),
  'one message': (r) => get(r, messageOf(r)),
  'the edit history of a message': (r) => get(r, `${messageOf(r)}/history`),
  'the conversation': (r) => get(r, at(r)),
  'its members': (r) => get(r, `${at(r)}/members`),
};

describe('over REST', () => {
  const table = READERS.flatMap((who) => Object.keys(REQUESTS).map((name) => [name, who] as const));
  test.each(table)('%s is readable for current members only: %s', async (name, who) => {
    const { status, text } = await (REQUESTS[name] as (typeof REQUESTS)[string])(reader(who));
    if (MEMBERS.has(who)) expect(status, text).toBe(200);
    else {
      expect(status, text).toBe(404);
      expect(text).not.toContain('written');
    }
  });

  test.each(READERS)('lists contain the conversation for current members only: %s', async (who) => {
    const r = reader(who);
    for (const path of ['/conversations', '/me/cursors']) {
      const { text } = await get(r, path);
      expect(text.includes(r.conversation), path).toBe(MEMBERS.has(who));
    }
  });

  test.each(READERS)(
    'events are those of the membership periods, or the last one’s end for former members: %s',
    async (who) => {
      const r = reader(who);
      const events = async (after: number, limit = 500) => {
        const path = `/streams/${streamOfConversation(r.conversation)}/events`;
        return r.user.request('GET', `${path}?after=${after}&limit=${limit}`);
      };
      const { status, body } = await events(0);
      const text = JSON.stringify(body);
      if (who === 'non-member') return expect(status, text).toBe(404);
      expect(status, text).toBe(200);
      if (MEMBERS.has(who)) {
        expect(text).toContain(BEFORE);
        // Messages posted between two membership periods are history, not events.
        expect(text.includes(BETWEEN)).toBe(who !== 'member who joined again');
        expect(body.lastSeq).toBe(await headOf(r.user, r.conversation));
        return;
      }
      expect(body.items.map((e: Event) => e.seq)).toEqual([r.left]);
      expect(body.items[0].type).toBe(
        who === 'member of a deleted group' ? 'conversation.deleted' : 'member.left',
      );
      expect(body.lastSeq).toBe(r.left);
      expect((await events(r.left ?? 0)).body.items).toEqual([]);
      expect((await events((r.left ?? 0) - 1)).body.items).toHaveLength(1);
    },
  );

  test.each(READERS)('a search finds messages for current members only: %s', async (who) => {
    const r = reader(who);
    const search = (of: Reader, query: string) =>
      of.user.request('GET', `/search/messages?query=${query}`);
    const owner = reader('owner');
    await expect
      .poll(async () => JSON.stringify((await search(owner, 'written')).body))
      .toContain(BETWEEN);
    // Everyone can name the conversation; only members learn of its messages.
    for (const query of ['written', `written+in:${r.conversation}`, `in:${r.conversation}`]) {
      const { status, body } = await search(r, query);
      expect(status, JSON.stringify(body)).toBe(200);
      const found = body.items.filter(
        (item: FoundMessage) => item.message.conversation === r.conversation,
      );
      expect(found.length > 0, query).toBe(MEMBERS.has(who));
    }
  });

  test.each(READERS)('the read cursor can be moved by current members only: %s', async (who) => {
    const r = reader(who);
    const read = await r.user.request('POST', `${at(r)}/read`, { seq: 1 });
    expect(read.status).toBe(MEMBERS.has(who) ? 200 : 404);
  });

  test('the data export has own messages only, including those of a former member', async () => {
    for (const who of ['member who left', 'member who was removed']) {
      const r = reader(who);
      const answer = await r.user.request('POST', '/me/export', { password: PASSWORD });
      expect(answer.status).toBe(200);
      const text = JSON.stringify(answer.body);
      expect(text).toContain(`mine: ${r.user.name}`);
      expect(text).not.toContain('written');
    }
  });
});

describe('over the socket', () => {
  const streamOf = (r: Reader): StreamId => streamOfConversation(r.conversation);

  test.each(READERS)(
    'hello without a cursor returns the conversation to current members only: %s',
    async (who) => {
      const r = reader(who);
      const peer = await framesOf(r);
      const shown = JSON.stringify(peer.frames);
      expect(shown.includes(r.conversation)).toBe(MEMBERS.has(who));
      expect(peer.of('event').filter((e) => e.stream === streamOf(r))).toEqual([]);
    },
  );

  test.each(READERS)(
    'hello with an old cursor replays messages to current members only: %s',
    async (who) => {
      const r = reader(who);
      const peer = await framesOf(r, { [streamOf(r)]: Math.min(joined, endedMessage - 1) });
      const events = peer.of('event').filter((e) => e.stream === streamOf(r));
      const shown = JSON.stringify(peer.frames);
      expect(shown.includes(BEFORE)).toBe(MEMBERS.has(who));
      if (MEMBERS.has(who)) return;
      expect(events.map((e) => e.seq)).toEqual(r.left === null ? [] : [r.left]);
    },
  );

  test.each(READERS)('a gap fill is answered to current members only: %s', async (who) => {
    const r = reader(who);
    const peer = await framesOf(r, { [streamOf(r)]: joined });
    const stream = streamOf(r);
    // The subscription of a former member may still exist when the fill arrives.
    peer.send({ op: 'fill', id: aClientId(), stream, after: joined });
    peer.send({ op: 'ping' });
    await peer.next('pong');
    if (MEMBERS.has(who)) await peer.next('ack');
    else {
      expect((await peer.next('nack')).code).toBe('not_found');
      expect(JSON.stringify(peer.frames)).not.toContain(BEFORE);
    }
  });

  test('a gap fill before the end was sent gives a former member only the end', async () => {
    const r = reader('member who was removed');
    const peer = server.peer();
    await peer.until(() => peer.ws.readyState === 1, 'the socket to open');
    const stream = streamOf(r);
    peer.send({ op: 'hello', token: r.user.accessToken, epoch, cursor: { [stream]: joined } });
    await peer.next('ready');
    peer.send({ op: 'fill', id: aClientId(), stream, after: joined });
    await peer.until(() => peer.of('ack').length + peer.of('nack').length > 0, 'an answer');
    if (peer.of('live').length === 0) await peer.next('live');
    expect(JSON.stringify(peer.frames)).not.toContain('written');
    const seqs = peer.of('event').filter((e) => e.stream === stream);
    expect(new Set(seqs.map((e) => e.seq))).toEqual(new Set([r.left]));
  });
});
