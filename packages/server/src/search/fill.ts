import type { AccountId, ConversationId, EventType, Seq } from '@parley/protocol';
import type pg from 'pg';
import { withTransaction } from '../storage/database.ts';
import { filesOfMessage } from './message-files.ts';
import { INDEX_EFFECTS, type IndexEffect, keysOfMessage } from './message-keys.ts';
import { PackedPostingsWriter, SegmentBuilder } from './segment.ts';
import { insertSegment, isOfOtherVersion, lockFilling } from './segment-store.ts';
import { Slices } from './slices.ts';

/** Adds messages to the index: the events of conversations after those that are indexed. */

/** Events read per transaction. */
export const FILL_MAX = 6_000;
/**
 * After messages of so many bytes, a transaction reads no more events: a long text can have a key for
 * each two of its characters, all of which are in memory at once.
 */
const FILL_BYTES = 512 * 1024;

/** What events change in a message. */
interface Change {
  readonly conversation: ConversationId;
  readonly seq: Seq;
  /** The first and the last of the events. */
  readonly since: Seq;
  readonly version: Seq;
  readonly effect: Exclude<IndexEffect, 'none'>;
}

/** Of several effects on a message, the first of these counts. */
const PRECEDENCE = ['remove', 'replace', 'index', 'react'] as const;

interface EventRow {
  conversation: ConversationId;
  seq: Seq;
  type: EventType;
  message: Seq | null;
  /** Whether there are events after those that were read. */
  hasMore: boolean;
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

/**
 * Indexes the next events of conversations, at most {@link FILL_MAX}, in one transaction: with the
 * segment, the progress of the conversations is stored, or neither. Returns how many events it read,
 * and whether these conversations have more.
 *
 * Seqs become visible in their order, since the row of the stream is locked until the commit: what is
 * after the progress is never older than what is before it.
 *
 * It adds nothing to an index of another version, which newer nodes fill during an upgrade of several.
 */
export async function fillIndex(
  pool: pg.Pool,
  conversations: readonly ConversationId[],
): Promise<{ events: number; hasMore: boolean } | 'other version'> {
  return await withTransaction(pool, async (client) => {
    await lockFilling(client);
    if (await isOfOtherVersion(client)) return 'other version' as const;
    const events = await readEvents(client, conversations);
    const changes = latestChanges(events);
    const builder = await indexed(client, changes);
    if (builder.size > 0) {
      const { documents, postings } = builder.build();
      const packed = new PackedPostingsWriter();
      for (const list of postings) packed.add(list);
      await insertSegment(client, documents, packed.result());
    }
    await noteStale(client, changes);
    await noteProgress(client, events);
    return { events: events.length, hasMore: events[0]?.hasMore === true };
  });
}

async function readEvents(
  client: pg.ClientBase,
  conversations: readonly ConversationId[],
): Promise<EventRow[]> {
  const { rows } = await client.query<EventRow>({
    name: 'search-events',
    text: `
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
    values: [conversations, FILL_MAX, FILL_BYTES],
  });
  return rows;
}

/** Returns one change for each message. */
function latestChanges(events: readonly EventRow[]): Change[] {
  const changes = new Map<string, Change>();
  for (const { conversation, seq: version, type, message } of events) {
    // A damaged log may contain events of unknown types.
    const effect = INDEX_EFFECTS[type] ?? 'none';
    const seq = type === 'message.posted' ? version : message;
    if (effect === 'none' || seq === null) continue;
    const key = `${conversation}:${seq}`;
    const { effect: earlier, since } = changes.get(key) ?? { effect, since: version };
    const first = PRECEDENCE.find((one) => one === effect || one === earlier) ?? effect;
    changes.set(key, { conversation, seq, since, version, effect: first });
  }
  return [...changes.values()];
}

/** Returns the messages of the changes as they are now, with their keys. */
async function indexed(client: pg.ClientBase, changes: readonly Change[]): Promise<SegmentBuilder> {
  const builder = new SegmentBuilder();
  if (changes.length === 0) return builder;
  const { rows } = await client.query<MessageRow>({
    name: 'search-messages',
    text: `
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
    values: [changes.map((c) => c.conversation), changes.map((c) => c.seq)],
  });
  const slices = new Slices();
  for (const { n, at, firstReaction, ...message } of rows) {
    const { conversation, seq, since, version, effect } = changes[n - 1] as Change;
    const hasReaction = firstReaction !== null;
    // Only a first reaction changes under which keys a message is found.
    if (effect === 'react' && (firstReaction === null || firstReaction < since)) continue;
    const keys = keysOfMessage({
      ...message,
      conversation,
      hasReaction,
    });
    builder.add({ conversation, seq, version, at }, keys);
    await slices.breathe();
  }
  return builder;
}

/** Notes which messages have earlier texts in the index. */
async function noteStale(client: pg.ClientBase, changes: readonly Change[]): Promise<void> {
  const stale = changes.filter(({ effect }) => effect === 'replace' || effect === 'remove');
  if (stale.length === 0) return;
  await client.query({
    name: 'search-note-stale',
    text: `
      insert into search_stale (conversation_id, seq, version)
      select * from unnest($1::uuid[], $2::int8[], $3::int8[])
      on conflict (conversation_id, seq) do update
        set version = greatest(search_stale.version, excluded.version), at = now()`,
    values: [
      stale.map((c) => c.conversation),
      stale.map((c) => c.seq),
      // A message without text has no version that may stay.
      stale.map((c) => (c.effect === 'remove' ? Number.MAX_SAFE_INTEGER : c.version)),
    ],
  });
}

async function noteProgress(client: pg.ClientBase, events: readonly EventRow[]): Promise<void> {
  const progress = new Map<ConversationId, Seq>();
  for (const { conversation, seq } of events) progress.set(conversation, seq);
  if (progress.size === 0) return;
  await client.query({
    name: 'search-note-progress',
    text: `
      insert into search_progress (conversation_id, seq)
      select * from unnest($1::uuid[], $2::int8[])
      on conflict (conversation_id) do update set seq = excluded.seq`,
    values: [[...progress.keys()], [...progress.values()]],
  });
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
