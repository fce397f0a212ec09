import type { AccountId, ConversationId, Seq } from '@parley/protocol';
import { unicodeEmoji } from '@parley/protocol/emoji';
import { withoutMarkers } from '@parley/protocol/markdown';
import type { DigestConversation } from '../email/digest-email.ts';
import {
  mentionsOfMessage,
  nameOfMessage,
  type WithMentions,
} from '../messages/content/mention-names.ts';
import type { Queryable } from '../storage/queryable.ts';
import { recheck } from './recheck.ts';

/** Selects the messages of an email about missed messages, and its content. */

/** A message in an email. */
export interface DigestMessage {
  readonly conversation: ConversationId;
  readonly seq: Seq;
}

/** The highest number of messages that an email counts. */
const MESSAGES_MAX = 100;
/** Messages whose text it shows. */
const SHOWN_MAX = 20;
/** Characters of a text that are shown. */
const TEXT_MAX = 500;
/**
 * Messages older than the account’s delay plus this, in hours, are left out: an account that has
 * been online since then has seen them listed.
 */
const AGE_HOURS = 24;

/**
 * Returns the messages since a time that were in no email yet, the latest first. `delay` is that of
 * the account, in minutes.
 */
export async function missedMessages(
  on: Queryable,
  account: AccountId,
  since: Date,
  delay: number,
): Promise<DigestMessage[]> {
  const { rows } = await on.query<DigestMessage>({
    name: 'digests-missed',
    // The clocks of nodes differ, and earlier decisions may be committed later.
    text: `select d.conversation_id as conversation, d.message_seq as seq
           from notification_decisions d
           where d.account_id = $1 and d.email = 'unread'
             and d.decided_at > greatest($2::timestamptz - interval '10 minutes',
               now() - make_interval(hours => ${AGE_HOURS}, mins => $3))
             and not exists (
               select from notification_deliveries v
               where v.account_id = d.account_id and v.conversation_id = d.conversation_id
                 and v.message_seq = d.message_seq and v.channel = 'email')
           order by d.decided_at desc, d.message_seq desc limit ${MESSAGES_MAX}`,
    values: [account, since, delay],
  });
  return rows;
}

/**
 * Decides again about messages. Returns, in order, why each is left out of the email; null if it is
 * included.
 */
export async function recheckMessages(
  on: Queryable,
  account: AccountId,
  messages: readonly DigestMessage[],
  now: number,
): Promise<(string | null)[]> {
  const undelivered = messages.map((message, n) => ({ ...message, id: String(n), account }));
  const decisions = await recheck(on, undelivered, () => 'away', now);
  return undelivered.map(({ id }) => {
    const decision = decisions.get(id);
    if (decision === undefined) return 'message_deleted';
    if (decision.email.send !== 'never') return null;
    return decision.email.reason === 'turned_off' ? 'turned_off' : decision.reason;
  });
}

interface ShownRow extends DigestMessage, WithMentions {
  readonly group: string | null;
  readonly author: string;
  readonly text: string;
  readonly postedAt: Date;
}

/**
 * Returns the content of an email, by conversation in the order of their first message, and the
 * number of messages that it does not show.
 */
export async function digestOf(
  on: Queryable,
  messages: readonly DigestMessage[],
): Promise<{ conversations: DigestConversation[]; others: number }> {
  const { rows } = await on.query<ShownRow>({
    name: 'digests-shown',
    text: `select g.conversation_id as conversation, g.seq, c.name as group, a.display_name as author,
             left(g.body, ${TEXT_MAX + 1}) as text, g.posted_at as "postedAt",
             ${mentionsOfMessage('g')}
           from unnest($1::uuid[], $2::int8[]) r (id, seq)
           join messages g on g.conversation_id = r.id and g.seq = r.seq
             and g.deleted_at is null and g.hidden_at is null
           join conversations c on c.id = g.conversation_id
           join accounts a on a.id = g.author_id
           order by g.posted_at, g.conversation_id, g.seq limit ${SHOWN_MAX}`,
    values: [messages.map((m) => m.conversation), messages.map((m) => m.seq)],
  });
  const byId = new Map<ConversationId, DigestConversation>();
  for (const row of rows) {
    const { conversation: id, seq, group, author, postedAt } = row;
    const conversation = byId.get(id) ?? {
      id,
      name: group ?? author,
      isGroup: group !== null,
      messages: [],
    };
    byId.set(id, conversation);
    conversation.messages.push({ seq, author, text: plainText(row), postedAt });
  }
  return { conversations: [...byId.values()], others: messages.length - rows.length };
}

/** Returns the text of a message without the markers of Markdown, with the names of mentioned users, and without the empty lines that they leave. */
const plainText = (row: ShownRow): string =>
  withoutMarkers(shortened(row.text), unicodeEmoji, nameOfMessage(row))
    .replace(/\n{3,}/g, '\n\n')
    .trim();

/** Cuts a text between characters. */
const shortened = (text: string): string => {
  const characters = [...text];
  return characters.length > TEXT_MAX ? `${characters.slice(0, TEXT_MAX).join('')}…` : text;
};
