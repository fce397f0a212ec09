import type { ConversationId, EventType } from '@parley/protocol';
import { describe, expect, test } from 'vitest';
import type { StoredEvent } from '../stream/record.ts';
import { postsAfter, RecentPosts } from './recent-posts.ts';

const A = 'a' as ConversationId;
const B = 'b' as ConversationId;
const at = '2026-01-02T03:04:05.678Z';

const posted = (conversation: ConversationId, seq: number, data: object): StoredEvent =>
  ({
    stream: conversation,
    seq,
    type: 'message.posted' satisfies EventType,
    actor: 'ada',
    client: null,
    at,
    data: JSON.stringify(data),
  }) as unknown as StoredEvent;

describe('RecentPosts', () => {
  test('returns the posts of a conversation once', () => {
    const recent = new RecentPosts();
    recent.add(posted(A, 4, { body: 'one' }));
    recent.add(posted(B, 9, { body: 'elsewhere' }));
    recent.add(posted(A, 5, { body: 'two', thread: 4 }));
    expect(recent.take(A)).toEqual([
      { seq: 4, author: 'ada', body: 'one', at: Date.parse(at), isReply: false },
      { seq: 5, author: 'ada', body: 'two', at: Date.parse(at), isReply: true },
    ]);
    expect(recent.take(A)).toEqual([]);
    expect(recent.take(B)).toHaveLength(1);
  });

  test('leaves out posts with files or a poll, which are read', () => {
    const recent = new RecentPosts();
    recent.add(posted(A, 1, { body: '', attachments: [] }));
    recent.add(posted(A, 2, { body: '', poll: {} }));
    expect(recent.take(A)).toEqual([]);
  });

  test('keeps no more texts than 512 Ki characters, nor more than 4,000 posts', () => {
    const recent = new RecentPosts();
    for (let seq = 1; seq <= 60; seq++) recent.add(posted(A, seq, { body: 'x'.repeat(16_000) }));
    const kept = recent.take(A).length;
    expect(kept).toBeGreaterThan(25);
    expect(kept * 16_000).toBeLessThanOrEqual(512 * 1024);
    for (let seq = 1; seq <= 5_000; seq++) recent.add(posted(B, seq, { body: 'x' }));
    expect(recent.take(B)).toHaveLength(4_000);
    recent.add(posted(A, 61, { body: 'space again' }));
    expect(recent.take(A)).toHaveLength(1);
  });
});

test('only posts that follow what is indexed are taken, up to the first gap', () => {
  const recent = new RecentPosts();
  for (const seq of [3, 4, 5, 7]) recent.add(posted(A, seq, { body: `${seq}` }));
  const posts = recent.take(A);
  const seqsAfter = (progress: number) => postsAfter(posts, progress).map(({ seq }) => seq);
  expect(seqsAfter(2)).toEqual([3, 4, 5]);
  expect(seqsAfter(3)).toEqual([4, 5]);
  expect(seqsAfter(6)).toEqual([7]);
  expect(seqsAfter(1)).toEqual([]);
  expect(seqsAfter(7)).toEqual([]);
});
