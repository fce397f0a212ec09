import type { AccountId, ConversationId, EventType, Seq } from '@parley/protocol';
import type pg from 'pg';
import { withPipelinedTransaction } from '../storage/database.ts';
import type { Pipeline } from '../storage/pipeline.ts';
import { filesOfMessage } from './message-files.ts';
import { addMessageKeys, INDEX_EFFECTS, type IndexEffect } from './message-keys.ts';
import { postsAfter, type RecentPost } from './recent-posts.ts';
import { SegmentBuilder } from './segment.ts';
import { INDEX_VERSION, LOCK_FILLING, READ_VERSION, segmentInsert } from './segment-store.ts';
import { Slices } from './slices.ts';

/** Adds messages to the index: the events of conversations after those that are indexed. */

/** Events read per transaction. */
export const FILL_MAX = 6_000;
/**
 * A transaction stops reading events after this many bytes of messages: a long text can have a key
 * for every two characters, and all keys are in memory together.
 */
const FILL_BYTES = 512 * 1024;

/** The change of a message by events. */
interface Change {
  readonly conversation: ConversationId;
  readonly seq: Seq;
  /** The first and the last of the events. */
  readonly since: Seq;
  readonly version: Seq;
  readonly effect: Exclude<IndexEffect, 'none'>;
  /** The message as posted, if it has not changed since and need not be read. */
  readonly post: RecentPost | undefined;
}

/** Among several effects on a message, the first of these wins. */
const PRECEDENCE = ['remove', 'replace', 'index', 'react'] as const;

interface EventRow {
  conversation: ConversationId;
  seq: Seq;
  type: EventType;
  message: Seq | null;
  post?: RecentPost;
}

interface MessageRow {
  n: number;
  author: AccountId;
  body: string;
  at: number;
  firstReaction: number | null;
  hasPin: boolean;
  hasPoll: boolean;
  fileNames: string[];
  hasImage: boolean;
  isReply: boolean;
}

/** Events to index, and whether their conversations have more. */
interface Events {
  readonly events: readonly EventRow[];
  readonly hasMore: boolean;
}

/** Returns the posts of a conversation that are in memory. */
export type PostsInMemory = (conversation: ConversationId) => readonly RecentPost[];

/**
 * Indexes the next events of conversations, reading at most {@link FILL_MAX}. The segment and the
 * progress of the conversations are stored in one transaction. Returns how many events it indexed,
 * and whether these conversations have more. `posts` are in memory and need not be read; those that
 * do not continue the indexed events are ignored.
 *
 * Seqs become visible in order, because the row of the stream is locked until the commit, so events
 * after the progress are never older than those before it.
 *
 * It adds nothing to an index of another version, which newer nodes fill during a rolling upgrade.
 */
export async function fillIndex(
  pool: pg.Pool,
  conversations: readonly ConversationId[],
  posts: PostsInMemory = () => [],
): Promise<{ events: number; hasMore: boolean } | 'other version'> {
  // With posts in memory, it waits for the database twice: here and for the commit.
  return await withPipelinedTransaction(pool, async (pipeline) => {
    pipeline.issue(LOCK_FILLING.name, LOCK_FILLING.text, LOCK_FILLING.values);
    const version = pipeline.query<{ version: number }>(READ_VERSION.name, READ_VERSION.text, []);
    const { events, hasMore } = await nextEvents(pipeline, conversations, posts);
    if ((await version)[0]?.version !== INDEX_VERSION) return 'other version' as const;
    const changes = latestChanges(events);
    const builder = await indexed(pipeline, changes);
    if (builder.size > 0) {
      const { documents, postings } = builder.build();
      const { name, text, values } = segmentInsert(documents, postings);
      pipeline.issue(name, text, values);
    }
    noteStale(pipeline, changes);
    noteProgress(pipeline, events);
    return { events: events.length, hasMore };
  });
}

/**
 * Returns the next events of conversations: from memory if they continue the indexed ones,
 * otherwise from the database.
 */
async function nextEvents(
  pipeline: Pipeline,
  conversations: readonly ConversationId[],
  inMemory: PostsInMemory,
): Promise<Events> {
  const withPosts = conversations
    .map((conversation) => ({ conversation, posts: inMemory(conversation) }))
    .filter(({ posts }) => posts.length > 0);
  if (withPosts.length === 0) return await readEvents(pipeline, conversations);
  const progress = await readProgress(
    pipeline,
    withPosts.map(({ conversation }) => conversation),
  );
  const events: EventRow[] = [];
  const toRead = new Set(conversations);
  for (const { conversation, posts } of withPosts) {
    const following = postsAfter(posts, progress.get(conversation) ?? 0);
    if (following.length === 0) continue;
    for (const post of following) {
      events.push({ conversation, seq: post.seq, type: 'message.posted', message: null, post });
    }
    if (following.at(-1) === posts.at(-1)) toRead.delete(conversation);
  }
  if (toRead.size === 0) return { events, hasMore: false };
  const others = [...toRead].filter((id) => events.every((e) => e.conversation !== id));
  const read = await readEvents(pipeline, others);
  return {
    events: [...events, ...read.events],
    hasMore: read.hasMore || others.length < toRead.size,
  };
}

async function readProgress(
  pipeline: Pipeline,
  conversations: readonly ConversationId[],
): Promise<ReadonlyMap<ConversationId, Seq>> {
  const rows = await pipeline.query<{ id: ConversationId; seq: Seq }>(
    'search-progress',
    `select conversation_id as id, seq from search_progress
     where conversation_id = any($1::uuid[])`,
    [conversations],
  );
  return new Map(rows.map(({ id, seq }) => [id, seq]));
}

async function readEvents(
  pipeline: Pipeline,
  conversations: readonly ConversationId[],
): Promise<Events> {
  const rows = await pipeline.query<EventRow & { hasMore: boolean }>(
    'search-events',
    `
      select conversation, seq, type, message,
        count(*) over () = $2 or count(*) over () < events as "hasMore"
      from (
        select n, conversation, e.seq, type, message, count(*) over () as events,
          sum(octet_length(g.body)) over (
            order by n, e.seq rows between unbounded preceding and 1 preceding) as bytes_before
        from (
          select c.n, c.id as conversation, e.seq, e.type,
            case when e.type <> 'message.posted' then (e.data ->> 'message')::int8 end as message
          from unnest($1::uuid[]) with ordinality c (id, n)
          left join search_progress p on p.conversation_id = c.id
          cross join lateral (
            select seq, type, data from events
            where stream_id = c.id and seq > coalesce(p.seq, 0)
            order by seq limit $2
          ) e
          order by c.n, e.seq
          limit $2
        ) e
        left join messages g on g.conversation_id = e.conversation
          and g.seq = case when type = 'message.posted' then e.seq else message end
      ) e
      where coalesce(bytes_before, 0) < $3
      order by n, seq`,
    [conversations, FILL_MAX, FILL_BYTES],
  );
  return { events: rows, hasMore: rows[0]?.hasMore === true };
}

/** Returns one change for each message. */
function latestChanges(events: readonly EventRow[]): Change[] {
  const changes = new Map<string, Change>();
  for (const { conversation, seq: version, type, message, post } of events) {
    // A damaged log may contain events of unknown types.
    const effect = INDEX_EFFECTS[type] ?? 'none';
    const seq = type === 'message.posted' ? version : message;
    if (effect === 'none' || seq === null) continue;
    const key = `${conversation}:${seq}`;
    const known = changes.get(key);
    const { effect: earlier, since } = known ?? { effect, since: version };
    const first = PRECEDENCE.find((one) => one === effect || one === earlier) ?? effect;
    const only = known ? undefined : post;
    changes.set(key, { conversation, seq, since, version, effect: first, post: only });
  }
  return [...changes.values()];
}

/** Returns the current messages of the changes, with their keys. */
async function indexed(pipeline: Pipeline, changes: readonly Change[]): Promise<SegmentBuilder> {
  const builder = new SegmentBuilder();
  const slices = new Slices();
  for (const { conversation, version, post } of changes) {
    if (!post) continue;
    const { seq, author, body, at, isReply } = post;
    const keys = builder.add({ conversation, seq, version, at });
    // Without spreads, which would take longer than the keys of the text.
    addMessageKeys(keys, {
      conversation,
      author,
      body,
      isReply,
      hasReaction: false,
      hasPin: false,
      hasPoll: false,
      fileNames: NO_FILES,
      hasImage: false,
    });
    if (slices.isUsedUp) await slices.pause();
  }
  const toRead = changes.filter(({ post }) => !post);
  if (toRead.length > 0) await addRead(pipeline, toRead, builder, slices);
  return builder;
}

/** Posts in memory have no files. */
const NO_FILES: readonly string[] = [];

/** Reads the messages of changes, and adds them. */
async function addRead(
  pipeline: Pipeline,
  changes: readonly Change[],
  builder: SegmentBuilder,
  slices: Slices,
): Promise<void> {
  const rows = await pipeline.query<MessageRow>(
    'search-messages',
    `
      select c.n::int as n, g.author_id as author, g.body,
        floor(extract(epoch from g.posted_at) * 1000)::float8 as at,
        (select min(r.seq) from reactions r
         where r.conversation_id = g.conversation_id and r.message_seq = g.seq) as "firstReaction",
        exists (select from pins p
                where p.conversation_id = g.conversation_id and p.message_seq = g.seq) as "hasPin",
        exists (select from message_parts p
                where p.conversation_id = g.conversation_id and p.message_seq = g.seq
                  and p.poll is not null) as "hasPoll",
        f."fileNames", f."hasImage",
        g.thread is not null as "isReply"
      from unnest($1::uuid[], $2::int8[]) with ordinality c (conversation_id, seq, n)
      join messages g on g.conversation_id = c.conversation_id and g.seq = c.seq
      cross join ${filesOfMessage()} f
      where g.deleted_at is null`,
    [changes.map((c) => c.conversation), changes.map((c) => c.seq)],
  );
  for (const { n, at, firstReaction, ...message } of rows) {
    const { conversation, seq, since, version, effect } = changes[n - 1] as Change;
    const hasReaction = firstReaction !== null;
    // Only the first reaction changes the keys of a message.
    if (effect === 'react' && (firstReaction === null || firstReaction < since)) continue;
    const keys = builder.add({ conversation, seq, version, at });
    addMessageKeys(keys, { ...message, conversation, hasReaction });
    if (slices.isUsedUp) await slices.pause();
  }
}

/** Records which messages have earlier texts in the index. */
function noteStale(pipeline: Pipeline, changes: readonly Change[]): void {
  const stale = changes.filter(({ effect }) => effect === 'replace' || effect === 'remove');
  if (stale.length === 0) return;
  pipeline.issue(
    'search-note-stale',
    `
      insert into search_stale (conversation_id, seq, version)
      select * from unnest($1::uuid[], $2::int8[], $3::int8[])
      on conflict (conversation_id, seq) do update
        set version = greatest(search_stale.version, excluded.version), at = now()`,
    [
      stale.map((c) => c.conversation),
      stale.map((c) => c.seq),
      // No version of a message without text may remain.
      stale.map((c) => (c.effect === 'remove' ? Number.MAX_SAFE_INTEGER : c.version)),
    ],
  );
}

function noteProgress(pipeline: Pipeline, events: readonly EventRow[]): void {
  const progress = new Map<ConversationId, Seq>();
  for (const { conversation, seq } of events) progress.set(conversation, seq);
  if (progress.size === 0) return;
  pipeline.issue(
    'search-note-progress',
    `
      insert into search_progress (conversation_id, seq)
      select * from unnest($1::uuid[], $2::int8[])
      on conflict (conversation_id) do update set seq = excluded.seq`,
    [[...progress.keys()], [...progress.values()]],
  );
}

/** Returns conversations with events that are not indexed, at most 1,000. */
export async function conversationsBehind(pool: pg.Pool): Promise<ConversationId[]> {
  const { rows } = await pool.query<{ id: ConversationId }>({
    name: 'search-behind',
    text: `select s.id from streams s
           left join search_progress p on p.conversation_id = s.id
           where s.kind = 'conversation' and s.last_seq > coalesce(p.seq, 0)
           limit 1000`,
  });
  return rows.map((row) => row.id);
}
