import {
  type AccountId,
  type Conversation,
  type ConversationEventType,
  type Event,
  type EventOf,
  type EventType,
  LIMITS,
  type ReadCursor,
  type Seq,
} from '@parley/protocol';
import { mentionsInclude, withMention } from '../messages/mentions.ts';
import { isInConversation } from '../messages/message-changes.ts';
import type { MessageWindow } from '../messages/message-window.ts';
import { accessIn } from './member-access.ts';

/** A conversation as a client shows it: the server’s snapshot, updated by events. */
export interface ConversationView extends Conversation {
  /** Events up to this seq are reflected in the name, members and role of the snapshot. */
  readonly snapshotSeq: Seq;
  /** `unread` counts the messages up to this seq; later ones are added as they arrive. */
  readonly unreadAsOf: Seq;
  /** How far other members have read, as far as known. */
  readonly receipts: ReadonlyMap<AccountId, Seq>;
}

/** Returns a view of a snapshot; keeps receipts that were received before. */
export function viewOf(snapshot: Conversation, before?: ConversationView): ConversationView {
  const receipts = new Map(before?.receipts);
  if (snapshot.peer !== null && snapshot.peerReadSeq !== null) {
    receipts.set(snapshot.peer, snapshot.peerReadSeq);
  }
  return {
    ...snapshot,
    // A snapshot stored by an earlier version lacks them until the next hello.
    permissions: permissionsIn(snapshot),
    minimumRoles: minimumRolesIn(snapshot),
    removableRoles: snapshot.removableRoles ?? [],
    messagePermissions: snapshot.messagePermissions ?? { own: [], others: [] },
    actingRole: snapshot.actingRole ?? snapshot.role,
    peers: snapshot.peers ?? (snapshot.kind === 'direct' ? [snapshot.peer ?? []].flat() : null),
    topic: snapshot.topic ?? '',
    description: snapshot.description ?? '',
    avatar: snapshot.avatar ?? null,
    archivedAt: snapshot.archivedAt ?? null,
    slowModeSeconds: snapshot.slowModeSeconds ?? 0,
    linkPreviews: snapshot.linkPreviews ?? true,
    readRevision: snapshot.readRevision ?? 0,
    unreadMentions: snapshot.unreadMentions ?? [],
    snapshotSeq: snapshot.lastSeq,
    unreadAsOf: snapshot.lastSeq,
    receipts,
  };
}

/**
 * Snapshots stored before `minimumRoles` existed do not list `post`: every member could post then. Those
 * stored before there were threads do not list `reply_in_threads`: whoever may post may reply, by default.
 */
function permissionsIn(snapshot: Partial<Conversation>): Conversation['permissions'] {
  const { minimumRoles, permissions = [] } = snapshot;
  const mayPost = minimumRoles === undefined || permissions.includes('post');
  const hasThreads = permissions.includes('reply_in_threads') || minimumRoles?.replyInThreads;
  return [
    ...(minimumRoles === undefined ? (['post'] as const) : []),
    ...(mayPost && !hasThreads ? (['reply_in_threads'] as const) : []),
    ...permissions,
  ];
}

function minimumRolesIn({ minimumRoles }: Partial<Conversation>): Conversation['minimumRoles'] {
  if (!minimumRoles) return null;
  return { ...minimumRoles, replyInThreads: minimumRoles.replyInThreads ?? minimumRoles.post };
}

/** Whether an event changes what the account may do here, which only the server knows. */
export function changesPermissions(view: ConversationView, event: Event, me: AccountId): boolean {
  if (event.seq <= view.snapshotSeq) return false;
  // Only some may mention everyone in a large group.
  const { memberCount } = view;
  const limit = LIMITS.mentionEveryoneMembers;
  if (event.type === 'member.joined' && memberCount === limit) return true;
  if (event.type === 'member.left' && memberCount === limit + 1) return true;
  if (event.type === 'member.role_changed') return event.data.account === me;
  if (event.type !== 'conversation.updated' || accessIn(event.data, view.actingRole)) return false;
  const { visibility, minimumRoles, archived } = event.data;
  return [visibility, minimumRoles, archived].some((change) => change !== undefined);
}

/** The context of a reducer: the account, and the window, which has already applied the event. */
interface ReduceContext {
  readonly me: AccountId;
  readonly window: MessageWindow;
}

/** Returns the fields of a view that an event changes, besides `lastSeq`. */
type Reducer<T extends EventType> = (
  view: ConversationView,
  event: EventOf<T>,
  context: ReduceContext,
) => Partial<ConversationView>;

/** Marks an event that changes only `lastSeq`. */
const unchanged = (): Partial<ConversationView> => ({});

/** Reduces only events that are not reflected in the snapshot yet. */
const afterSnapshot =
  <T extends EventType>(reducer: Reducer<T>): Reducer<T> =>
  (view, event, context) =>
    event.seq > view.snapshotSeq ? reducer(view, event, context) : {};

/** A change of the last message that its preview does not show. */
const lastMessageChanged = (
  { lastMessage }: ConversationView,
  { seq: changedSeq, data: { message } }: { readonly seq: Seq; readonly data: { message: Seq } },
): Partial<ConversationView> =>
  message === lastMessage?.seq ? { lastMessage: { ...lastMessage, changedSeq } } : {};

/** Adds a message to the unread mentions, or removes it, unless the server has counted the event. */
function changedMentions(
  { unreadAsOf, readSeq, unreadMentions }: ConversationView,
  { seq }: Event,
  { message, isMentioned }: { readonly message: Seq; readonly isMentioned: boolean },
): Partial<ConversationView> {
  if (seq <= unreadAsOf || message <= readSeq) return {};
  return { unreadMentions: withMention(unreadMentions, message, isMentioned) };
}

/** What each type of event changes in the view of its conversation. */
const REDUCERS: { readonly [T in ConversationEventType]: Reducer<T> } = {
  // A client has the snapshot before the first event.
  'conversation.created': unchanged,
  'conversation.updated': afterSnapshot((view, { at, data }) => {
    const { name, topic, description, avatar, visibility, slowModeSeconds } = data;
    const { linkPreviews, archived } = data;
    return {
      ...(name !== undefined && { name }),
      ...(topic !== undefined && { topic }),
      ...(description !== undefined && { description }),
      ...(avatar !== undefined && { avatar }),
      ...(visibility !== undefined && { visibility }),
      ...(slowModeSeconds !== undefined && { slowModeSeconds }),
      ...(linkPreviews !== undefined && { linkPreviews }),
      ...(archived !== undefined && { archivedAt: archived ? at : null }),
      ...accessIn(data, view.actingRole),
    };
  }),
  // The receiver drops the view.
  'conversation.deleted': unchanged,
  'member.joined': afterSnapshot((view) => ({ memberCount: view.memberCount + 1 })),
  'member.left': afterSnapshot((view, event) => {
    const receipts = new Map(view.receipts);
    receipts.delete(event.data.account);
    return { memberCount: Math.max(0, view.memberCount - 1), receipts };
  }),
  'member.role_changed': afterSnapshot((_view, { data: { account, role } }, { me }) =>
    account === me ? { role } : {},
  ),
  // The lists of bans and links are loaded when they are shown.
  'member.banned': unchanged,
  'member.unbanned': unchanged,
  'link.created': unchanged,
  'link.revoked': unchanged,
  'message.posted': (view, event, { me, window }) => {
    if (!isInConversation(event.data)) return {};
    return {
      ...((!view.lastMessage || event.seq > view.lastMessage.seq) && {
        lastMessage: latest(window),
      }),
      ...(event.seq > view.unreadAsOf &&
        event.actor !== me && { unread: Math.min(view.unread + 1, LIMITS.unreadMax) }),
      ...changedMentions(view, event, {
        message: event.seq,
        isMentioned: event.actor !== me && mentionsInclude(event.data.mentions, me),
      }),
    };
  },
  'message.edited': (view, event, { me }) => {
    const { seq: changedSeq, at: editedAt, actor, data } = event;
    const { message, body, mentions } = data;
    return {
      ...(message === view.lastMessage?.seq && {
        lastMessage: { ...view.lastMessage, body, editedAt, changedSeq },
      }),
      ...(isInConversation(data) &&
        changedMentions(view, event, {
          message,
          isMentioned: actor !== me && mentionsInclude(mentions, me),
        })),
    };
  },
  'message.deleted': (view, event, { me, window }) => {
    const { seq, data } = event;
    const { message, author } = data;
    // A saturated count cannot be decremented; the next move of the cursor recounts.
    const wasUnread =
      isInConversation(data) &&
      seq > view.unreadAsOf &&
      author !== me &&
      message > view.readSeq &&
      view.unread < LIMITS.unreadMax;
    return {
      ...(message === view.lastMessage?.seq && { lastMessage: latest(window) }),
      ...(wasUnread && { unread: Math.max(0, view.unread - 1) }),
      ...changedMentions(view, event, { message, isMentioned: false }),
    };
  },
  'message.hidden': (view, event) => {
    const { seq: changedSeq, at: hiddenAt, data } = event;
    const last = view.lastMessage;
    return {
      ...(last &&
        data.message === last.seq && { lastMessage: { ...last, body: '', hiddenAt, changedSeq } }),
      ...changedMentions(view, event, { message: data.message, isMentioned: false }),
    };
  },
  'message.unhidden': (view, event, { me }) => {
    const { seq: changedSeq, data } = event;
    const { message, body, author, mentions } = data;
    const last = view.lastMessage;
    return {
      ...(last &&
        message === last.seq && { lastMessage: { ...last, body, hiddenAt: null, changedSeq } }),
      ...(isInConversation(data) &&
        changedMentions(view, event, {
          message,
          isMentioned: author !== me && mentionsInclude(mentions, me),
        })),
    };
  },
  'reaction.added': lastMessageChanged,
  'reaction.removed': lastMessageChanged,
  'message.pinned': lastMessageChanged,
  'message.unpinned': lastMessageChanged,
  'poll.voted': lastMessageChanged,
  'poll.closed': lastMessageChanged,
  'message.previewed': lastMessageChanged,
};

/** Returns the view after an event of its stream. The window has already applied the event. */
export function reduce(
  view: ConversationView,
  event: Event,
  me: AccountId,
  window: MessageWindow,
): ConversationView {
  const lastSeq = event.seq > view.lastSeq ? event.seq : view.lastSeq;
  // A newer server may have more types. The type of the reducer follows from that of the event,
  // which the compiler cannot express.
  const reducer = (REDUCERS as Partial<Record<EventType, Reducer<EventType>>>)[event.type];
  return { ...view, ...reducer?.(view, event, { me, window }), lastSeq };
}

/**
 * Returns the view after its read cursor moved. What happened after the server counted is counted here:
 * new messages, and messages that were deleted since. The window has all events up to `applied`; the view may have been
 * loaded later, and counts those in between as they arrive.
 */
export function withCursor(
  view: ConversationView,
  cursor: ReadCursor,
  me: AccountId,
  window: MessageWindow | undefined,
  applied: Seq,
): ConversationView {
  const later = window ? window.countAfter(Math.max(cursor.asOf, cursor.readSeq) as Seq, me) : 0;
  // A saturated count cannot be decremented.
  const isExact = cursor.unread < LIMITS.unreadMax;
  const deleted = isExact && window ? window.countDeleted(cursor, me) : 0;
  return {
    ...view,
    readSeq: cursor.readSeq,
    readRevision: cursor.revision,
    unread: Math.min(Math.max(0, cursor.unread - deleted) + later, LIMITS.unreadMax),
    unreadMentions: window?.mentionsSince(cursor, me) ?? cursor.unreadMentions,
    unreadAsOf: cursor.asOf > applied ? cursor.asOf : applied,
  };
}

/**
 * Returns the view when the user has just read up to `seq` on this device; the server’s count
 * follows. As on the server, the cursor does not move past the last event: a seq may be from before
 * a restore of the server.
 */
export function readHere(
  view: ConversationView,
  seq: Seq,
  me: AccountId,
  window: MessageWindow | undefined,
): ConversationView {
  const readSeq = upToLast(view, seq);
  if (readSeq <= view.readSeq) return view;
  const unread =
    window && window.from <= readSeq + 1 ? window.countAfter(readSeq, me) : view.unread;
  const unreadMentions = view.unreadMentions.filter((mention) => mention > readSeq);
  return { ...view, readSeq, unread: Math.min(unread, LIMITS.unreadMax), unreadMentions };
}

/**
 * Returns the view when the user has just marked the messages after `seq` as unread on this device; the
 * server’s count follows. The revision is the one that the server will give the cursor.
 */
export function unreadHere(
  view: ConversationView,
  seq: Seq,
  me: AccountId,
  window: MessageWindow | undefined,
): ConversationView {
  const readSeq = upToLast(view, seq);
  const isLoaded = window !== undefined && window.from <= readSeq + 1;
  const unread = isLoaded ? window.countAfter(readSeq, me) : view.unread;
  const from = { readSeq, asOf: 0 as Seq, unreadMentions: [] };
  return {
    ...view,
    readSeq,
    readRevision: view.readRevision + 1,
    unread: Math.min(unread, LIMITS.unreadMax),
    unreadMentions: isLoaded ? window.mentionsSince(from, me) : view.unreadMentions,
  };
}

const upToLast = (view: ConversationView, seq: Seq): Seq =>
  seq > view.lastSeq ? view.lastSeq : seq;

/** Returns the view after another member’s read cursor moved. */
export function withReceipt(
  view: ConversationView,
  account: AccountId,
  readSeq: Seq,
): ConversationView {
  if ((view.receipts.get(account) ?? 0) >= readSeq) return view;
  const receipts = new Map(view.receipts).set(account, readSeq);
  const peerReadSeq = view.peer === account ? readSeq : view.peerReadSeq;
  return { ...view, receipts, peerReadSeq };
}

function latest(window: MessageWindow): Conversation['lastMessage'] {
  for (let i = window.messages.length - 1; i >= 0; i--) {
    const message = window.messages[i];
    if (!message || message.deletedAt !== null) continue;
    const {
      mentions: _mentions,
      attachments: _attachments,
      reactions: _reactions,
      pinned: _pinned,
      forwardedFrom: _forwardedFrom,
      poll: _poll,
      previews: _previews,
      replyTo: _replyTo,
      thread: _thread,
      alsoInConversation: _alsoInConversation,
      threadSummary: _threadSummary,
      ...rest
    } = message;
    return rest;
  }
  return null;
}
