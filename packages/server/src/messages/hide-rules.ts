import {
  type AccountId,
  type ConversationId,
  type EventData,
  type FileId,
  refusal,
  type Seq,
  streamOfConversation,
} from '@parley/protocol';
import type { Auditing } from '../audit/audit-log.ts';
import type { AuditEvent } from '../audit/events.ts';
import type { Append, Outcome } from '../stream/append.ts';
import { type AuditedCommand, runAudited, withAuditNote } from '../stream/audited-command.ts';
import {
  type Decision,
  type NewEvent,
  newEvent,
  type Rule,
  type RuleContext,
  type Statement,
} from '../stream/stream-transaction.ts';
import type { MessageRequest } from './commands.ts';
import { filesDetached } from './content/attachments.ts';
import {
  imagesOf,
  linksOfEdit,
  mayHaveLinks,
  previewedEvent,
  STORED_PREVIEWS,
  type StoredPreview,
} from './content/link-previews.ts';
import { HIDDEN_TEXTS, type HiddenTexts, hiddenAsServerAdmin } from './hidden-texts.ts';
import { messageRule, type OnMessageCommand, type Target } from './message-rule.ts';
import { placeOf, type ReplyPlace } from './threads/thread-roots.ts';

/** Commands with which moderators hide messages, and show them again. */

/** The events of a decision; that of the command is the first. */
type Events = readonly [NewEvent, ...NewEvent[]];

interface HideCommand extends OnMessageCommand, AuditedCommand {}

/**
 * Hides the texts and files of a message from everyone but moderators. Hiding it again changes
 * nothing.
 */
export const hideMessage = (
  append: Append,
  r: MessageRequest,
  message: Seq,
  audit: Auditing,
): Promise<Outcome> => runVisibilityCommand(append, r, hideRule, 'message.hidden', message, audit);

/** Shows a hidden message again. */
export const unhideMessage = (
  append: Append,
  r: MessageRequest,
  message: Seq,
  audit: Auditing,
): Promise<Outcome> =>
  runVisibilityCommand(append, r, unhideRule, 'message.unhidden', message, audit);

function runVisibilityCommand(
  append: Append,
  { actor, clientId, conversation }: MessageRequest,
  rule: Rule<HideCommand>,
  eventType: 'message.hidden' | 'message.unhidden',
  message: Seq,
  audit: Auditing,
): Promise<Outcome> {
  const command: HideCommand = {
    rule,
    ...{ actor, clientId, conversation, message, audit },
    stream: streamOfConversation(conversation),
    eventType,
    payload: [message],
    bytes: 40_000,
    text: '',
    note: null,
  };
  return runAudited(append, command);
}

const hideRule = messageRule<HideCommand>('messages.hide', 'hide', async (tx, command, target) => {
  if (target.deleted) return { refuse: refusal('message_deleted') };
  if (target.hidden) return { unchanged: target.changedSeq };
  const decided = await hidingOf(tx, command.conversation, command.message);
  if ('refuse' in decided) return decided;
  return audited('message_hidden', command, target, {
    events: [decided.event],
    writes: decided.writes,
  });
});

/**
 * Returns the decision that hides a message that is not hidden. A poll can't be hidden: its choices
 * and votes would have to be restored with it.
 */
export async function hidingOf(
  tx: RuleContext,
  conversation: ConversationId,
  message: Seq,
): Promise<
  | { readonly event: NewEvent; readonly writes: readonly Statement[] }
  | Extract<Decision, { refuse: unknown }>
> {
  const [row] = await tx.query<{
    author: AccountId;
    thread: Seq | null;
    also_in_conversation: boolean;
    is_deleted: boolean;
    is_hidden: boolean;
    is_poll: boolean;
    previews: StoredPreview[] | null;
  }>(
    'messages-to-hide',
    `select g.author_id as author, g.thread, g.also_in_conversation, ${STORED_PREVIEWS} as previews,
       g.deleted_at is not null as is_deleted, g.hidden_at is not null as is_hidden,
       exists (select from message_parts p where p.conversation_id = g.conversation_id
                 and p.message_seq = g.seq and p.poll is not null) as is_poll
     from messages g where g.conversation_id = $1 and g.seq = $2`,
    [conversation, message],
  );
  if (!row) return { refuse: refusal('message_not_found') };
  if (row.is_deleted) return { refuse: refusal('message_deleted') };
  if (row.is_hidden) return { refuse: refusal('message_hidden') };
  if (row.is_poll) return { refuse: refusal('not_hideable') };
  const { thread, also_in_conversation: alsoInConversation, author } = row;
  const place: ReplyPlace | undefined =
    thread === null ? undefined : { thread, alsoInConversation };
  const images: FileId[] = imagesOf(row.previews ?? []);
  return {
    event: newEvent(streamOfConversation(conversation), 'message.hidden', {
      message,
      author,
      ...placeOf(place),
    }),
    writes: images.length > 0 ? [filesDetached(images, tx.at)] : [],
  };
}

const unhideAsModerator = messageRule<HideCommand>(
  'messages.unhide',
  'hide',
  async (tx, command, target) => {
    if (target.deleted) return { refuse: refusal('message_deleted') };
    if (!target.hidden) return { unchanged: target.changedSeq };
    const [texts] = await tx.query<HiddenTexts>(
      'messages-to-unhide',
      `select ${HIDDEN_TEXTS} from hidden_messages h where h.conversation_id = $1 and h.message_seq = $2`,
      [command.conversation, command.message],
    );
    if (!texts) throw new Error('The texts of the hidden message are missing');
    return await unhidingOf(command, target, texts);
  },
);

/** Lets moderators show a message again, and an admin of the server who has hidden it because of a report. */
const unhideRule: Rule<HideCommand> = {
  name: 'messages.unhide',
  readsEarly: true,
  async decide(tx, command) {
    const { actor, conversation, message } = command;
    const own = await hiddenAsServerAdmin(tx, actor, conversation, message);
    return own ? await unhidingOf(command, own, own) : await unhideAsModerator.decide(tx, command);
  },
};

/** Returns the decision that shows a hidden message again. */
function unhidingOf(
  command: HideCommand,
  target: Pick<Target, 'author' | 'inThread'>,
  { posted, latest, removed_previews }: HiddenTexts,
): Promise<Decision> {
  const { conversation, message, stream } = command;
  const { author, inThread } = target;
  const { replyTo, attachments, forwardedFrom } = posted;
  const { body, mentions } = latest;
  const data: EventData<'message.unhidden'> = {
    ...{ message, author, body },
    ...placeOf(inThread),
    ...(replyTo !== undefined && { replyTo }),
    ...(mentions && { mentions }),
    ...(attachments && { attachments }),
    ...(forwardedFrom && { forwardedFrom }),
  };
  const removed = removed_previews.map((url) => ({ url, preview: null }));
  return audited('message_unhidden', command, target, {
    events: [
      newEvent(stream, 'message.unhidden', data),
      // Before the links are fetched again, so that a removed preview does not reappear.
      ...(removed.length > 0 ? [previewedEvent(conversation, message, removed)] : []),
    ],
    writes: [
      textsRestored(conversation, message),
      ...(mayHaveLinks(body) ? [linksOfEdit(conversation, message, author)] : []),
    ],
  });
}

/**
 * Returns the statement that restores the texts of a message in the events that carried them, and
 * the digests of their commands, so that a different command with the same id is recognized again.
 */
const textsRestored = (conversation: ConversationId, message: Seq): Statement => ({
  name: 'messages-texts-restored',
  text: `with shown as (
           delete from hidden_messages where conversation_id = $1 and message_seq = $2
           returning events
         )
         update events e set data = v.data, command_digest = decode(v.digest, 'hex')
         from shown s cross join lateral
           json_to_recordset(s.events) as v (seq int8, data json, digest text)
         where e.stream_id = $1 and e.seq = v.seq`,
  values: [conversation, message],
});

/** Returns the decision with its entry of the audit log. */
const audited = (
  event: AuditEvent,
  command: HideCommand,
  { author }: Pick<Target, 'author'>,
  decided: { readonly events: Events; readonly writes: readonly Statement[] },
): Promise<Decision> => {
  const { actor, conversation, message } = command;
  const details = { conversation, message };
  return withAuditNote(command, { event, account: author, actor, details }, decided);
};
