import type { EventRow, MessageRow } from '../tables/rows.ts';
import type { Transaction } from '../tables/transaction.ts';
import { isGuest, isMember } from './lookups.ts';
import { messageOf } from './messages.ts';
import { pollJson } from './polls.ts';
import { expiredUpTo } from './retention.ts';
import { jsonTime, reads, type Statement } from './statement.ts';

/**
 * The statements that read messages and events for members. Texts are too short here to end a page
 * before its limit.
 */
export const messageReadStatements: readonly Statement[] = [
  reads('messages-history', 'ac03270da83b', (tx, values) => {
    const [account, conversation, at, older, newer] = values as [
      string,
      string,
      number,
      number,
      number,
    ];
    const stream = tx.one(tx.tables.streamsById, conversation);
    if (!stream || !isMember(tx, account, conversation)) return [];
    const upTo = expiredUpTo(tx, conversation);
    const isListed = (m: MessageRow) => m.seq > upTo && isInConversation(m);
    const before = sideOf(tx, 'older', conversation, at, older, isListed);
    const from = sideOf(tx, 'newer', conversation, at, newer, isListed);
    return [
      {
        last_seq: stream.last_seq,
        older: before.map((m) => messageJson(tx, m, account)),
        older_found: before.length,
        newer: from.map((m) => messageJson(tx, m, account)),
        newer_found: from.length,
      },
    ];
  }),

  reads('messages-one', '4396bb720b83', (tx, values) => {
    const [account, conversation, seq] = values as [string, string, number];
    if (!isMember(tx, account, conversation)) return [];
    const message = tx.one(tx.tables.messagesByKey, conversation + seq);
    return [{ item: message ? messageJson(tx, message, account) : null }];
  }),

  reads('messages-edit-history', '4d36b7711de8', (tx, values) => {
    const [account, conversation, seq, before, limit] = values as [
      string,
      string,
      number,
      number,
      number,
    ];
    if (!isMember(tx, account, conversation)) return [];
    const message = tx.one(tx.tables.messagesByKey, conversation + seq);
    if (!message || message.deleted_at !== null || message.hidden_at !== null)
      return [{ exists: message !== null, items: [], found: 0 }];
    const texts: EventRow[] = [];
    for (const row of tx.tables.eventsByPlace.from(conversation, seq)) {
      const event = tx.see(row);
      if (!event || event.seq >= before) continue;
      const isEdit = event.type === 'message.edited' && messageOf(event.data) === seq;
      if (isEdit || event.seq === seq) texts.push(event);
    }
    const items = texts.reverse().slice(0, limit);
    return [{ exists: true, items: items.map(versionJson), found: items.length }];
  }),

  reads('messages-pinned-list', 'ee18db8b26b2', (tx, values) => {
    const [account, conversation, before] = values as [string, string, number];
    if (!isMember(tx, account, conversation)) return [];
    const pins = tx
      .all(tx.tables.pinsByConversation, conversation)
      .filter((pin) => pin.seq < before)
      .sort((a, b) => b.seq - a.seq);
    const messages = pins.flatMap((pin) =>
      tx.all(tx.tables.messagesByKey, conversation + pin.message_seq),
    );
    return [
      {
        items: messages.map((m) => messageJson(tx, m, account)),
        last: pins.at(-1)?.seq ?? null,
        found: messages.length,
      },
    ];
  }),

  reads('messages-events', '11ac2e31ee27', (tx, values) => {
    const [account, stream, after, limit] = values as [string, string, number, number];
    const covered = coveredRanges(tx, account, stream);
    const items: object[] = [];
    for (const { first, last } of covered.sort((a, b) => a.first - b.first)) {
      for (const row of tx.tables.eventsByPlace.from(stream, Math.max(first, after + 1))) {
        const event = tx.see(row);
        if (!event) continue;
        if (event.seq > last || items.length >= limit) break;
        items.push(eventJson(event));
      }
    }
    const lasts = covered.map(({ last }) => last);
    return [{ last_seq: lasts.length > 0 ? Math.max(...lasts) : null, items }];
  }),
];

/**
 * Returns at most `limit` messages of a conversation that meet a condition, before or from a
 * position, ordered by seq.
 */
export function sideOf(
  tx: Transaction,
  side: 'older' | 'newer',
  conversation: string,
  at: number,
  limit: number,
  condition: (message: MessageRow) => boolean,
): MessageRow[] {
  const { messagesByPlace } = tx.tables;
  const isOlder = side === 'older';
  const found: MessageRow[] = [];
  for (const row of messagesByPlace[isOlder ? 'before' : 'from'](conversation, at)) {
    if (found.length >= limit) break;
    const message = tx.see(row);
    if (message && condition(message)) found.push(message);
  }
  return isOlder ? found.reverse() : found;
}

/** Returns whether a message is shown in its conversation, and not only in a thread. */
export const isInConversation = (m: MessageRow): boolean =>
  m.thread === null || m.also_in_conversation;

/** Returns the ranges of events of a stream that the account may see. */
function coveredRanges(tx: Transaction, account: string, id: string) {
  const stream = tx.one(tx.tables.streamsById, id);
  if (!stream) return [];
  const { kind, last_seq } = stream;
  const covered: { first: number; last: number }[] = [];
  const isOfAll = kind === 'workspace' && !isGuest(tx, account);
  if (isOfAll || (kind === 'personal' && id === account)) {
    covered.push({ first: 1, last: last_seq });
  }
  const periods = tx.all(tx.tables.membershipsByPair, id + account);
  const isCurrent = periods.some((m) => m.left_seq === null);
  const lastLeft = Math.max(...periods.map((m) => m.left_seq ?? 0));
  for (const { joined_seq, left_seq } of periods) {
    if (isCurrent) covered.push({ first: joined_seq, last: left_seq ?? last_seq });
    else if (left_seq === lastLeft) covered.push({ first: left_seq, last: left_seq });
  }
  return covered;
}

const fieldsJson = (m: MessageRow) => ({
  conversation: m.conversation_id,
  seq: m.seq,
  author: m.author_id,
  body: m.body,
  postedAt: jsonTime(m.posted_at),
  editedAt: jsonTime(m.edited_at),
  deletedAt: jsonTime(m.deleted_at),
  hiddenAt: jsonTime(m.hidden_at),
  changedSeq: m.changed_seq,
});

/** Returns a message as messages/history/message-sql.ts builds it for a reader. */
export function messageJson(tx: Transaction, m: MessageRow, reader: string) {
  const key = m.conversation_id + m.seq;
  const reactions = new Map<string, string[]>();
  // Emoji by their places, the accounts of each by their own reactions.
  const bySeq = tx
    .all(tx.tables.reactionsByMessage, key)
    .sort((a, b) => a.first_seq - b.first_seq || a.seq - b.seq);
  for (const { emoji, account_id } of bySeq) {
    const accounts = reactions.get(emoji);
    if (accounts) accounts.push(account_id);
    else reactions.set(emoji, [account_id]);
  }
  const pin = tx.one(tx.tables.pinsByMessage, key);
  const thread = tx.one(tx.tables.threadsByRoot, key);
  return {
    ...fieldsJson(m),
    replyTo: m.reply_to,
    thread: m.thread,
    alsoInConversation: m.also_in_conversation,
    threadSummary: thread && {
      replies: thread.replies,
      lastReplySeq: thread.last_reply_seq,
      lastReplyAt: jsonTime(thread.last_reply_at),
      authors: thread.authors,
    },
    mentions: m.mentions ?? [],
    attachments: [],
    reactions: [...reactions].map(([emoji, accounts]) => ({ emoji, accounts })),
    previews: [],
    forwardedFrom: null,
    poll: pollJson(tx, key, reader),
    pinned: pin ? { by: pin.pinned_by, at: jsonTime(pin.pinned_at) } : null,
  };
}

const versionJson = ({ seq, data, at }: EventRow) => ({
  seq,
  body: (JSON.parse(data) as { body?: string } | null)?.body ?? null,
  at: jsonTime(at),
});

const eventJson = (e: EventRow) => ({
  op: 'event',
  stream: e.stream_id,
  seq: e.seq,
  type: e.type,
  at: jsonTime(e.at),
  actor: e.actor_id,
  client: e.client_id,
  data: JSON.parse(e.data) as unknown,
});
