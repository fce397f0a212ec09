import {
  type Attachment,
  type ConversationId,
  type EventData,
  type FileId,
  type Mention,
  type Refusal,
  refusal,
  type Seq,
} from '@parley/protocol';
import { minimumRolesOf } from '../permissions/minimum-roles.ts';
import {
  type Command,
  type Decision,
  newEvent,
  type Rule,
  type RuleContext,
} from '../stream/stream-transaction.ts';
import { filesAttached, readFiles } from './content/attachments.ts';
import { type ForwardSource, readForwarded } from './content/forwarded.ts';
import { linksOfPost, mayHaveLinks } from './content/link-previews.ts';
import { findNames, mentionsOf, type NamesInText } from './content/mentions.ts';
import { authorize, FORBIDDEN, mayMentionEveryone, skipsSlowMode } from './policy.ts';
import { readSenders, type Sender } from './senders.ts';
import { refusalOfSlowMode, slowPost } from './slow-mode.ts';
import { type ReplyPlace, readRoots, refusalOfRoot } from './threads/thread-roots.ts';

/** A command that posts a message. */
export interface PostCommand extends Command {
  readonly conversation: ConversationId;
  readonly body: string;
  /** The message that it quotes. */
  readonly replyTo: Seq | undefined;
  /** The thread in which it is a reply. */
  readonly inThread: ReplyPlace | undefined;
  readonly names: NamesInText | null;
  /** Its files, uploaded by the actor. */
  readonly attachments: readonly FileId[];
  /** The message whose text and files it posts. */
  readonly forward?: ForwardSource | undefined;
  readonly poll?: EventData<'message.posted'>['poll'];
}

/** The content of a post: its own, or that of the message that it forwards. */
type Content = Pick<EventData<'message.posted'>, 'body' | 'forwardedFrom'>;

/** Refusal of a post whose `replyTo` is not a message of the conversation. */
const NO_QUOTED = 'The conversation has no message with the seq in replyTo';

/** Refusal of a forward. */
const NO_SOURCE = 'The message to forward does not exist, or you can’t read it';

/** Decides posts; those of a batch together. */
export const postRule: Rule<PostCommand> = {
  name: 'messages.post',
  readsEarly: true,
  async decide(tx, command) {
    const [decision] = await decidePosts(tx, [command]);
    if (!decision) throw new Error('messages.post has decided nothing');
    return decision;
  },
  decideMany: decidePosts,
};

/** Decides posts, including those that are part of other commands: one decision each, in order. */
export async function decidePosts(
  tx: RuleContext,
  commands: readonly PostCommand[],
): Promise<Decision[]> {
  const [senders, quoted, roots, found, files, sources] = await Promise.all([
    readSenders(tx, commands),
    readQuoted(tx, commands),
    readRoots(tx, commands),
    findNames(tx, commands),
    readFiles(tx, commands),
    readForwarded(tx, commands),
  ]);
  return commands.map((command, n) => {
    const sender = senders.get(n);
    const refused =
      command.replyTo === undefined || quoted.has(n)
        ? command.inThread && refusalOfRoot(roots.get(n))
        : refusal('message_not_found', NO_QUOTED);
    const source = sources.get(n);
    const content: Content | undefined = command.forward
      ? source && { body: source.body, forwardedFrom: source.forwardedFrom }
      : { body: command.body };
    const unread = content ? undefined : refusal('message_not_found', NO_SOURCE);
    const decision = decidePost(tx, command, sender, {
      content,
      refusedTarget: refused ?? unread ?? null,
      files: source?.files ?? files.get(n) ?? [],
      mentions: (mayMentionEveryone) => {
        if (source?.emoji.length) return [...source.emoji];
        return mentionsOf(n, { names: command.names, mayMentionEveryone }, found);
      },
    });
    // Later posts of the same member in this batch have read the same time of the last post.
    if (sender?.slowModeSeconds && 'events' in decision) {
      for (const [later, other] of senders) {
        if (later > n && isSameSender(command, commands[later])) other.lastSlowPostAt = tx.at;
      }
    }
    return decision;
  });
}

const isSameSender = (a: PostCommand, b: PostCommand | undefined): boolean =>
  a.actor === b?.actor && a.stream === b.stream;

/** The data that the rule has read for a post. */
interface Found {
  /** The content to post; undefined if it forwards a message that its actor cannot read. */
  readonly content: Content | undefined;
  /** Why the message that it refers to can’t be quoted or replied to; null if it can. */
  readonly refusedTarget: Refusal | null;
  readonly files: readonly Attachment[];
  readonly mentions: (mayMentionEveryone: boolean) => Mention[] | undefined;
}

function decidePost(
  tx: RuleContext,
  command: PostCommand,
  sender: Sender | undefined,
  { content, refusedTarget, files, mentions: mentionsFor }: Found,
): Decision {
  const minimumRoles = minimumRolesOf(sender?.visibility ?? 'public', sender?.overrides ?? {});
  for (const action of actionsOf(command)) {
    const verdict = authorize(sender?.role ?? 'non_member', action, 'own', minimumRoles);
    if (verdict === 'forbidden') return { refuse: refusal(verdict, FORBIDDEN[action]) };
    if (verdict !== 'yes') return { refuse: refusal('conversation_not_found') };
  }
  if (!sender) return { refuse: refusal('conversation_not_found') };
  if (sender.hasLostAccess) return { refuse: refusal('forbidden') };
  if (sender.isArchived) return { refuse: refusal('conversation_archived') };
  if (sender.isBlocked) return { refuse: refusal('blocked') };
  if (refusedTarget || !content) {
    return { refuse: refusedTarget ?? refusal('message_not_found') };
  }
  if (files.length < command.attachments.length) return { refuse: refusal('file_not_found') };
  const { stream, replyTo, inThread, poll } = command;
  if (poll?.endsAt && Date.parse(poll.endsAt) <= Date.parse(tx.at)) {
    return { refuse: refusal('time_passed') };
  }
  const mentions = mentionsFor(mayMentionEveryone(sender.role, minimumRoles, sender.memberCount));
  const data = {
    ...content,
    ...(replyTo !== undefined && { replyTo }),
    ...(inThread && { thread: inThread.thread }),
    ...(inThread?.alsoInConversation && { alsoInConversation: true }),
    ...(mentions && { mentions }),
    ...(files.length > 0 && { attachments: [...files] }),
    ...(poll && { poll }),
  };
  const event = newEvent(stream, 'message.posted', data);
  const writes = [
    ...(files.length > 0 ? [filesAttached(files)] : []),
    ...(mayHaveLinks(content.body) ? [linksOfPost(command.actor, command.clientId)] : []),
  ];
  if (sender.slowModeSeconds === 0 || skipsSlowMode(sender.role)) {
    return { events: [event], ...(writes.length > 0 && { writes }) };
  }
  const refused = refusalOfSlowMode(sender.slowModeSeconds, sender.lastSlowPostAt, tx.at);
  if (refused) return { refuse: refused };
  return { events: [event], writes: [...writes, slowPost(command, tx.at)] };
}

/** Returns the actions of a post: a reply that is also sent to the conversation has both. */
function actionsOf({ inThread }: PostCommand): readonly ('post' | 'reply')[] {
  if (!inThread) return ['post'];
  return inThread.alsoInConversation ? ['reply', 'post'] : ['reply'];
}

/**
 * Returns the indexes of the commands that quote an existing message of their conversation; members
 * may see all of them. Deleted messages count: the deletion may have happened while the reply was
 * written.
 */
async function readQuoted(tx: RuleContext, commands: readonly PostCommand[]): Promise<Set<number>> {
  const replies = commands.flatMap(({ conversation, replyTo }, n) =>
    replyTo === undefined ? [] : [{ n, conversation, replyTo }],
  );
  // Most posts quote nothing, and need no extra statement.
  if (replies.length === 0) return new Set();
  const rows = await tx.query<{ n: number }>(
    'messages-quoted',
    `select i.n::int as n
     from unnest($1::int8[], $2::uuid[], $3::int8[]) as i (n, conversation_id, seq)
     join messages g on g.conversation_id = i.conversation_id and g.seq = i.seq`,
    [replies.map((r) => r.n), replies.map((r) => r.conversation), replies.map((r) => r.replyTo)],
  );
  return new Set(rows.map((row) => row.n));
}
