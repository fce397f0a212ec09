import {
  type AccountId,
  type ConversationId,
  isolate,
  type NotificationReason,
  type Seq,
} from '@parley/protocol';
import { unicodeEmoji } from '@parley/protocol/emoji';
import { withoutMarkers } from '@parley/protocol/markdown';
import {
  mentionsOfMessage,
  nameOfMessage,
  type WithMentions,
} from '../messages/content/mention-names.ts';
import type { Queryable } from '../storage/queryable.ts';
import type { Texts } from '../texts/texts.ts';

/** The content of notifications. */

/** A notification of a message, as a device shows it. */
export interface PushContent {
  readonly account: AccountId;
  readonly conversation: ConversationId;
  readonly seq: Seq;
  /** The thread, if the message is shown only there. */
  readonly thread: Seq | null;
  readonly title: string;
  readonly body: string;
  /**
   * Whether it is a direct message or mentions the recipient, so that the device wakes up for it.
   */
  readonly isUrgent: boolean;
}

/** The message that a notification is about. */
export interface PushedMessage extends WithMentions {
  readonly conversation: ConversationId;
  readonly seq: Seq;
  readonly author: string;
  /** The name of the group; null: a direct conversation. */
  readonly group: string | null;
  readonly thread: Seq | null;
  readonly body: string;
}

/** Characters of each name in the title, and of the text. */
const NAME_MAX = 60;
const BODY_MAX = 240;

/** Returns the current messages at these positions, without deleted and hidden ones. */
export async function messagesToPush(
  on: Queryable,
  places: readonly { readonly conversation: ConversationId; readonly seq: Seq }[],
): Promise<PushedMessage[]> {
  const { rows } = await on.query<PushedMessage>({
    name: 'push-messages',
    text: `select g.conversation_id as conversation, g.seq, a.display_name as author,
             case when c.kind = 'group' then c.name end as "group",
             case when not g.also_in_conversation then g.thread end as thread,
             left(g.body, 2 * ${BODY_MAX}) as body, ${mentionsOfMessage('g')}
           from (select distinct id, seq from unnest($1::uuid[], $2::int8[]) r (id, seq)) r
           join conversations c on c.id = r.id
           -- “offset 0”: each is found by its whole key.
           cross join lateral (
             select * from messages g
             where g.conversation_id = r.id and g.seq = r.seq
               and g.deleted_at is null and g.hidden_at is null
             offset 0) g
           join accounts a on a.id = g.author_id`,
    values: [places.map((p) => p.conversation), places.map((p) => p.seq)],
  });
  return rows;
}

/**
 * Returns the notification of a message in the language of its recipient, without names and text if
 * the device hides content.
 */
export function contentOf(
  account: AccountId,
  message: PushedMessage,
  reason: NotificationReason,
  showsContent: boolean,
  { t }: Texts,
): PushContent {
  const { conversation, seq, thread, group, body } = message;
  const place = { account, conversation, seq, thread };
  const isUrgent = reason === 'direct_message' || reason === 'mention';
  if (!showsContent)
    return { ...place, title: t('push.title'), body: t('push.newMessage'), isUrgent };
  // Like notifications from pages.
  const author = isolate(shortened(message.author, NAME_MAX));
  const title =
    group === null
      ? author
      : t('push.inGroup', { author, group: isolate(shortened(group, NAME_MAX)) });
  const text = shortened(
    withoutMarkers(body, unicodeEmoji, nameOfMessage(message)).trim(),
    BODY_MAX,
  );
  return { ...place, title, body: text === '' ? t('push.file') : isolate(text), isUrgent };
}

/** Returns a text in one line, truncated between characters. */
function shortened(text: string, max: number): string {
  const plain = text.replace(/\s+/g, ' ');
  const characters = Array.from(plain);
  return characters.length <= max ? plain : `${characters.slice(0, max - 1).join('')}…`;
}
