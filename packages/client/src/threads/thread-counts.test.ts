import type {
  AccountId,
  ConversationId,
  Event,
  Seq,
  StreamId,
  ThreadCursor,
} from '@parley/protocol';
import { expect, test } from 'vitest';
import { ThreadCounts } from './thread-counts.ts';

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
