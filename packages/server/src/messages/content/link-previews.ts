import {
  type AccountId,
  type ClientId,
  type ConversationId,
  type EventData,
  type FileId,
  type LinkPreview,
  type Seq,
  streamOfConversation,
} from '@parley/protocol';
import { type NewEvent, newEvent, type Statement } from '../../stream/stream-transaction.ts';

/**
 * The link previews of messages. A message with a link gets a row in `link_jobs`, in the
 * transaction that stores it; what `link-previews/` finds becomes a `message.previewed`. Other
 * messages run none of these statements.
 */

/** The preview of a link; null if it was removed and must not reappear. */
export interface StoredPreview {
  readonly url: string;
  readonly preview: LinkPreview | null;
}

/** SQL: the previews of the message `g`, in order, removed ones included; null if it has none. */
export const STORED_PREVIEWS = `(
  select json_agg(json_build_object('url', l.url, 'preview', l.preview) order by l.position)
  from link_previews l where l.conversation_id = g.conversation_id and l.message_seq = g.seq
)`;

/** SQL: the files that the message `g` refers to: its attachments, and images of its link previews. */
export const FILES_OF_MESSAGE = `(
  select array_agg(f.file_id) from (
    select a.file_id from attachments a
    where a.conversation_id = g.conversation_id and a.message_seq = g.seq
    union all
    select l.file_id from link_previews l
    where l.conversation_id = g.conversation_id and l.message_seq = g.seq
      and l.file_id is not null) f
)`;

/** Returns whether a text may have links. May be true for a link in code, which only the parser recognizes. */
export const mayHaveLinks = (text: string): boolean => /https?:\/\/|www\./i.test(text);

/** Returns the statement that schedules the links of a posted message to be fetched. */
export const linksOfPost = (actor: AccountId, clientId: ClientId): Statement => ({
  name: 'link-jobs-posted',
  // The seq of the message is taken from its event, which is stored by an earlier statement.
  text: `insert into link_jobs (conversation_id, message_seq, author_id)
         select e.stream_id, e.seq, e.actor_id from events e
         where e.actor_id = $1 and e.client_id = $2 and e.type = 'message.posted'`,
  values: [actor, clientId],
});

/**
 * Returns the statement that schedules the links of an edited message to be fetched, instead of the
 * earlier ones.
 */
export const linksOfEdit = (
  conversation: ConversationId,
  message: Seq,
  author: AccountId,
): Statement => ({
  name: 'link-jobs-edited',
  text: `insert into link_jobs (conversation_id, message_seq, author_id) values ($1, $2, $3)
         on conflict (conversation_id, message_seq) do update
         set id = excluded.id, due_at = excluded.due_at, attempts = 0`,
  values: [conversation, message, author],
});

/** Returns the event with these previews of a message. */
export function previewedEvent(
  conversation: ConversationId,
  message: Seq,
  previews: readonly StoredPreview[],
): NewEvent {
  const removed = previews.filter(({ preview }) => preview === null).map(({ url }) => url);
  const data: EventData<'message.previewed'> = {
    message,
    previews: previews.flatMap(({ preview }) => preview ?? []),
    ...(removed.length > 0 && { removed }),
  };
  return newEvent(streamOfConversation(conversation), 'message.previewed', data);
}

/** Returns the images of previews that other previews do not have. */
export function imagesWithout(
  before: readonly StoredPreview[],
  after: readonly StoredPreview[],
): FileId[] {
  const stillUsed = new Set(imagesOf(after));
  return imagesOf(before).filter((file) => !stillUsed.has(file));
}

/** Returns the images of previews. */
export const imagesOf = (previews: readonly StoredPreview[]): FileId[] =>
  previews.flatMap(({ preview }) => preview?.image?.id ?? []);
