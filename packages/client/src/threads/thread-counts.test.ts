import type {
  AccountId,
  ConversationId,
  Event,
  Seq,
  StreamId,
  ThreadCursor,
} from '@parley/protocol';
import { LIMITS } from '@parley/protocol';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ThreadCounts, threadOf } from './thread-counts.ts';

const ID = '0197a000-0000-7000-8000-00000000000a' as ConversationId;
const ME = '0197a000-0000-7000-8000-00000000010a' as AccountId;
const OTHER = '0197a000-0000-7000-8000-00000000010b' as AccountId;

const eventOf = (seq: number, type: Event['type'], data: object): Event =>
  ({
    op: 'event',
    stream: ID as string as StreamId,
    seq,
    type,
    at: '',
    actor: OTHER,
    data,
  }) as never;

/** As the server counted it, with the reply 8 that mentions the account. */
const COUNTED = {
  conversation: ID,
  thread: 6,
  readSeq: 7,
  asOf: 8,
  unread: 1,
  unreadMentions: [8 as Seq],
} as ThreadCursor;

test('a mention that the server has counted ends with its reply, which arrives without it', () => {
  const counts = new ThreadCounts(COUNTED, 1);
  counts.apply(eventOf(8, 'message.posted', { body: '', thread: 6 }), ME);
  const hidden = eventOf(9, 'message.hidden', { message: 8, author: OTHER, thread: 6 });
  expect(counts.endsMention(hidden, ME)).toBe(true);
});

test('an event after the count says whether a reply still mentions the account', () => {
  const counts = new ThreadCounts(COUNTED, 1);
  counts.apply(eventOf(9, 'message.edited', { message: 8, body: 'no one', thread: 6 }), ME);
  const hidden = eventOf(10, 'message.hidden', { message: 8, author: OTHER, thread: 6 });
  expect(counts.endsMention(hidden, ME)).toBe(false);
});

test('a reply that is not kept any more is counted until it is read', () => {
  const counts = new ThreadCounts(COUNTED, 1);
  const post = (seq: number, actor: AccountId) =>
    counts.apply({ ...eventOf(seq, 'message.posted', { body: '', thread: 6 }), actor }, ME);
  post(9, OTHER);
  for (let seq = 10; seq <= 209; seq++) post(seq, ME);
  expect(counts.cursor.unread).toBe(2);
  counts.read(8 as Seq);
  expect(counts.cursor.unread).toBe(2);
  counts.read(9 as Seq);
  expect(counts.cursor.unread).toBe(0);
});

/** A reply as the server has it after some events. */
interface Reply {
  readonly seq: Seq;
  readonly author: AccountId;
  isDeleted: boolean;
  isHidden: boolean;
  isMentioned: boolean;
}

const MENTION = [{ kind: 'user', name: 'me', id: ME }];
const KINDS = ['post', 'post', 'edit', 'delete', 'hide', 'unhide'] as const;

/** A log of replies and of changes to them, from seq 10 on. */
const aThread = fc.array(
  fc.record({
    kind: fc.constantFrom(...KINDS),
    target: fc.nat(),
    isOwn: fc.boolean(),
    isMention: fc.boolean(),
  }),
  { minLength: 1, maxLength: 25 },
);
type Step = typeof aThread extends fc.Arbitrary<(infer S)[]> ? S : never;

/** Returns the events of the steps that are possible, and what the server counts after the first ones. */
function serverOf(steps: readonly Step[]) {
  const replies: Reply[] = [];
  const events: Event[] = [];
  const states: Reply[][] = [[]];
  for (const { kind, target, isOwn, isMention } of steps) {
    const seq = (10 + events.length) as Seq;
    const reply = replies[target % Math.max(1, replies.length)];
    const mentions = isMention ? MENTION : [];
    const change = { message: reply?.seq, author: reply?.author, thread: 6, body: '', mentions };
    const add = (type: Event['type'], actor: AccountId, data: object) =>
      events.push({ ...eventOf(seq, type, data), actor } as Event);
    if (kind === 'post' || !reply) {
      const author = isOwn ? ME : OTHER;
      replies.push({ seq, author, isDeleted: false, isHidden: false, isMentioned: isMention });
      add('message.posted', author, { body: '', thread: 6, mentions });
    } else if (reply.isDeleted || (kind === 'unhide') !== reply.isHidden) continue;
    else if (kind === 'edit') {
      reply.isMentioned = isMention;
      add('message.edited', reply.author, change);
    } else if (kind === 'unhide') {
      [reply.isHidden, reply.isMentioned] = [false, isMention];
      add('message.unhidden', OTHER, change);
    } else {
      const { mentions: _, ...rest } = change;
      reply.isDeleted = kind === 'delete';
      reply.isHidden = kind === 'hide';
      add(kind === 'delete' ? 'message.deleted' : 'message.hidden', OTHER, rest);
    }
    states.push(replies.map((one) => ({ ...one })));
  }
  const cursorAt = (asOf: number, readSeq: number): ThreadCursor => {
    const unread = (states[asOf - 9] ?? []).filter((r) => r.seq > readSeq && r.author !== ME);
    return {
      ...{ conversation: ID, thread: 6 as Seq, isFollowing: true },
      ...{ readSeq: readSeq as Seq, asOf: asOf as Seq },
      unread: unread.filter((r) => !r.isDeleted).length,
      unreadMentions: unread
        .filter((r) => r.isMentioned && !r.isDeleted && !r.isHidden)
        .map((r) => r.seq),
    };
  };
  return { events, cursorAt, last: 9 + events.length };
}

test('counts like the server, whatever it has counted and however far it is read', () => {
  fc.assert(
    fc.property(aThread, fc.nat(), fc.nat(), fc.nat(), fc.nat(), (steps, a, b, c, d) => {
      const { events, cursorAt, last } = serverOf(steps);
      const counted = 9 + (a % (last - 8));
      const readSeq = 9 + (b % (counted - 8));
      const counts = new ThreadCounts(cursorAt(counted, readSeq), 3);
      // Those that the server has counted may arrive again.
      const first = c % (counted - 8);
      for (const event of events.slice(first)) counts.apply(event, ME);
      const { asOf: _, ...truth } = cursorAt(last, readSeq);
      expect(counts.cursor).toMatchObject(truth);
      // A later answer of the server has another read mark, and perhaps fewer of the events.
      const later = counted + (d % (last - counted + 1));
      const moved = readSeq + (c % (later - readSeq + 1));
      expect(counts.take(cursorAt(later, moved), 4)).toBe(true);
      const { asOf: __, ...now } = cursorAt(last, moved);
      expect(counts.cursor).toMatchObject(now);
      // Earlier ones are ignored.
      expect(counts.take(cursorAt(9, 9), 3)).toBe(true);
      if (later > 9) expect(counts.take(cursorAt(later - 1, 9), 4)).toBe(true);
      expect([counts.cursor.readSeq, counts.version]).toEqual([moved, 4]);
      expect(counts.cursor).toBe(counts.cursor);
    }),
    { numRuns: 1_000 },
  );
});

test('the user’s own reading counts at once, and only forward', () => {
  const base = { ...COUNTED, isFollowing: true, unread: 3, unreadMentions: [8, 9] } as ThreadCursor;
  const counts = new ThreadCounts({ ...base, asOf: 9 as Seq }, 1);
  expect([counts.isAhead, counts.read(7 as Seq), counts.isAhead]).toEqual([false, false, false]);
  expect(counts.read(8 as Seq)).toBe(true);
  expect(counts.cursor).toMatchObject({ readSeq: 8, unread: 3, unreadMentions: [9] });
  expect(counts.read(8 as Seq)).toBe(false);
  expect([counts.read(9 as Seq), counts.isAhead]).toEqual([true, true]);
  expect(counts.cursor).toMatchObject({ readSeq: 9, unread: 0, unreadMentions: [] });
  counts.take({ ...base, readSeq: 9 as Seq, asOf: 9 as Seq }, 2);
  expect(counts.isAhead).toBe(false);
});

test('a count at its maximum is neither raised nor lowered', () => {
  const full = { ...COUNTED, unread: LIMITS.unreadMax } as ThreadCursor;
  const counts = new ThreadCounts(full, 1);
  counts.apply(eventOf(9, 'message.posted', { body: '', thread: 6 }), ME);
  expect(counts.cursor.unread).toBe(LIMITS.unreadMax);
  counts.apply(eventOf(10, 'message.deleted', { message: 9, author: OTHER, thread: 6 }), ME);
  expect(counts.cursor.unread).toBe(LIMITS.unreadMax);
  const one = new ThreadCounts({ ...COUNTED, unread: LIMITS.unreadMax - 1 }, 1);
  one.apply(eventOf(10, 'message.deleted', { message: 8, author: OTHER, thread: 6 }), ME);
  expect(one.cursor.unread).toBe(LIMITS.unreadMax - 2);
  const none = new ThreadCounts({ ...COUNTED, unread: 0 }, 1);
  none.apply(eventOf(10, 'message.deleted', { message: 8, author: OTHER, thread: 6 }), ME);
  expect(none.cursor.unread).toBe(0);
});

test('a cursor from before the kept events must be loaded again', () => {
  const counts = new ThreadCounts(COUNTED, 1);
  for (let seq = 9; seq <= 209; seq++) {
    counts.apply(eventOf(seq, 'message.posted', { body: '', thread: 6 }), ME);
  }
  expect(counts.take({ ...COUNTED, asOf: 8 as Seq }, 2)).toBe(false);
  expect(counts.take({ ...COUNTED, asOf: 9 as Seq }, 3)).toBe(true);
});

test('whether an event ends a mention follows from what is known of the reply', () => {
  const counts = new ThreadCounts({ ...COUNTED, asOf: 9 as Seq }, 1);
  const edit = (message: number, author: AccountId, mentions: object[] = []) =>
    ({
      ...eventOf(20, 'message.edited', { message, body: '', thread: 6, mentions }),
      actor: author,
    }) as Event;
  expect(counts.endsMention(edit(8, OTHER), ME)).toBe(true);
  expect(counts.endsMention(edit(8, ME), ME)).toBe(false);
  expect(counts.endsMention(edit(8, OTHER, MENTION), ME)).toBe(false);
  // Listed without a mention; read before; after the count.
  expect([9, 7, 10].map((seq) => counts.endsMention(edit(seq, OTHER), ME))).toEqual([
    ...[false, true, true],
  ]);
  const posted = eventOf(10, 'message.posted', { body: '', thread: 6, mentions: MENTION });
  expect(counts.endsMention(posted, ME)).toBe(false);
  counts.apply(posted, ME);
  expect(counts.endsMention(edit(10, OTHER), ME)).toBe(true);
  const full = Array.from({ length: LIMITS.unreadMax }, (_, n) => (n + 1_000) as Seq);
  const many = new ThreadCounts({ ...COUNTED, asOf: 9 as Seq, unreadMentions: full }, 1);
  expect(many.endsMention(edit(9, OTHER), ME)).toBe(true);
});

test('events name their thread', () => {
  const of = (type: Event['type'], data: object) => threadOf(eventOf(9, type, data));
  expect(of('message.posted', { thread: 6 })).toBe(6);
  expect(of('message.deleted', { thread: 6, message: 8 })).toBe(6);
  expect(of('message.posted', {})).toBeUndefined();
  expect(of('reaction.added', { thread: 6, message: 8 })).toBeUndefined();
});
