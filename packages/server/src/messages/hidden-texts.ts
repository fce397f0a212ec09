import type { AccountId, ConversationId, EventData, Seq } from '@parley/protocol';
import { mayAct } from '../account-state.ts';
import { isAdminRole } from '../minimum-roles.ts';
import type { RuleReader } from '../stream/rule-reader.ts';
import type { ReplyPlace } from './thread-roots.ts';

/** What hidden messages say, for those who may read them and show them again. */

/** What a hidden message says: the data of the event that posted it, and of the one with its latest text. */
export interface HiddenTexts {
  readonly posted: EventData<'message.posted'>;
  readonly latest: Pick<EventData<'message.posted'>, 'body' | 'mentions'>;
}

/** SQL: the columns of `HiddenTexts` of the row `h` of `hidden_messages`. */
export const HIDDEN_TEXTS = `h.events -> 0 -> 'data' as posted, h.events -> -1 -> 'data' as latest`;

/** A message that an admin of the server has hidden. */
export interface HiddenByServerAdmin extends HiddenTexts {
  readonly author: AccountId;
  /** The thread in which it is a reply. */
  readonly inThread: ReplyPlace | undefined;
}

/**
 * Returns a message that an account has hidden itself, if it is an admin of the server; null otherwise. Such an admin
 * hides reported messages of conversations of which it is no member, and may undo that.
 */
export async function hiddenAsServerAdmin(
  on: RuleReader,
  actor: AccountId,
  conversation: ConversationId,
  message: Seq,
): Promise<HiddenByServerAdmin | null> {
  const [row] = await on.query<
    HiddenTexts & { author: AccountId; thread: Seq | null; also_in_conversation: boolean }
  >(
    'messages-hidden-as-server-admin',
    `select ${HIDDEN_TEXTS}, g.author_id as author, g.thread, g.also_in_conversation
     from hidden_messages h
     join messages g on g.conversation_id = h.conversation_id and g.seq = h.message_seq
     join conversations c on c.id = h.conversation_id and c.deleted_at is null
     join accounts a on a.id = $1 and ${isAdminRole('a.role')} and ${mayAct('a')}
     where h.conversation_id = $2 and h.message_seq = $3 and h.hidden_by = $1`,
    [actor, conversation, message],
  );
  if (!row) return null;
  const { posted, latest, author, thread, also_in_conversation: alsoInConversation } = row;
  const inThread = thread === null ? undefined : { thread, alsoInConversation };
  return { posted, latest, author, inThread };
}
