import type { EventData, EventType, ForwardedFrom, Seq, StreamId } from '@parley/protocol';
import { dataOf, type StoredEvent } from '../../stream/record.ts';
import type { Projection, StatementSink } from '../../stream/stream-transaction.ts';
import { messageChanged } from './message-changed.ts';

/** The projections of message parts: forwarded messages, polls and link previews. */

/** Inserts the parts of posted messages; `data` are those of the events. */
export function insertParts(
  tx: StatementSink,
  events: readonly StoredEvent[],
  data: readonly EventData<'message.posted'>[],
): void {
  const parts = events.flatMap((event, n) => {
    const { forwardedFrom, poll } = data[n] ?? {};
    return forwardedFrom || poll ? [{ event, forwardedFrom, poll }] : [];
  });
  if (parts.length === 0) return;
  const json = (value: object | undefined) => (value ? JSON.stringify(value) : null);
  tx.issue(
    'parts-added',
    `insert into message_parts (conversation_id, message_seq, forwarded_from, poll)
     select e.conversation_id, e.seq, e.forwarded_from::jsonb, e.poll::jsonb
     from unnest($1::uuid[], $2::int8[], $3::text[], $4::text[])
       as e (conversation_id, seq, forwarded_from, poll)`,
    [
      parts.map((p) => p.event.stream),
      parts.map((p) => p.event.seq),
      parts.map((p) => json(p.forwardedFrom)),
      parts.map((p) => json(p.poll)),
    ],
  );
}

/** Inserts the origin of a forwarded message that is shown again. */
export function insertForwarded(
  tx: StatementSink,
  stream: StreamId,
  message: Seq,
  forwardedFrom: ForwardedFrom,
): void {
  tx.issue(
    'parts-restored',
    `insert into message_parts (conversation_id, message_seq, forwarded_from)
     values ($1, $2, $3::jsonb)`,
    [stream, message, JSON.stringify(forwardedFrom)],
  );
}

/** Deletes the parts of deleted messages. */
export function deleteParts(
  tx: StatementSink,
  streams: readonly StreamId[],
  messages: readonly Seq[],
): void {
  tx.issue(
    'parts-deleted',
    `with gone as (
       select * from unnest($1::uuid[], $2::int8[]) as e (conversation_id, message_seq)
     ), votes as (
       delete from poll_votes v using gone e
       where v.conversation_id = e.conversation_id and v.message_seq = e.message_seq
     ), previews as (
       delete from link_previews l using gone e
       where l.conversation_id = e.conversation_id and l.message_seq = e.message_seq
     )
     delete from message_parts p using gone e
     where p.conversation_id = e.conversation_id and p.message_seq = e.message_seq`,
    [streams, messages],
  );
}

/** The projections of link previews. */
export const previewProjections = {
  'message.previewed': (tx, events) => {
    for (const e of events) {
      const { message, previews, removed = [] } = dataOf(e, 'message.previewed');
      tx.issue(
        'link-previews-replaced',
        'delete from link_previews where conversation_id = $1 and message_seq = $2',
        [e.stream, message],
      );
      const urls = [...previews.map(({ url }) => url), ...removed];
      tx.issue(
        'link-previews-added',
        `insert into link_previews (conversation_id, message_seq, position, url, preview, file_id)
         select $1::uuid, $2::int8, p.n, p.url, p.preview::jsonb, p.file_id
         from unnest($3::text[], $4::text[], $5::uuid[])
           with ordinality as p (url, preview, file_id, n)`,
        [
          e.stream,
          message,
          urls,
          urls.map((_, n) => (previews[n] ? JSON.stringify(previews[n]) : null)),
          urls.map((_, n) => previews[n]?.image?.id ?? null),
        ],
      );
      messageChanged(tx, e, message);
    }
  },
} satisfies Partial<Record<EventType, Projection>>;

/** The projections of polls. */
export const pollProjections = {
  'poll.voted': (tx, events) => {
    for (const e of events) {
      const { message, choices } = dataOf(e, 'poll.voted');
      if (choices.length === 0) {
        tx.issue(
          'polls-unvoted',
          `delete from poll_votes
           where conversation_id = $1 and message_seq = $2 and account_id = $3`,
          [e.stream, message, e.actor],
        );
      } else {
        tx.issue(
          'polls-voted',
          `insert into poll_votes (conversation_id, message_seq, account_id, choices, seq)
           values ($1, $2, $3, $4, $5)
           on conflict (conversation_id, message_seq, account_id) do update
           set choices = excluded.choices, seq = excluded.seq`,
          [e.stream, message, e.actor, choices, e.seq],
        );
      }
      messageChanged(tx, e, message);
    }
  },

  'poll.closed': (tx, events) => {
    for (const e of events) {
      const { message } = dataOf(e, 'poll.closed');
      tx.issue(
        'polls-closed',
        `update message_parts set closed_at = $3
         where conversation_id = $1 and message_seq = $2 and closed_at is null`,
        [e.stream, message, e.at],
      );
      messageChanged(tx, e, message);
    }
  },
} satisfies Partial<Record<EventType, Projection>>;
