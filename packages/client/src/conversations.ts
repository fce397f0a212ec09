import {
  type AccountId,
  type Conversation,
  type Event,
  LIMITS,
  type ReadCursor,
  type Seq,
} from '@parley/protocol';
import type { MessageWindow } from './messages.ts';

/** A conversation as a client shows it: the server’s snapshot, kept up by events. */
export interface ConversationView extends Conversation {
  /** Events up to here are contained in what the snapshot says of name, members and role. */
  readonly snapshotSeq: Seq;
  /** `unread` counts the messages up to here; later ones are added as they come. */
  readonly unreadAsOf: Seq;
  /** How far others have read, as far as it was told. */
  readonly receipts: ReadonlyMap<AccountId, Seq>;
}

/** A view from a snapshot; receipts that were told before are kept. */
export function viewOf(snapshot: Conversation, before?: ConversationView): ConversationView {
  const receipts = new Map(before?.receipts);
  if (snapshot.peer !== null && snapshot.peerReadSeq !== null) {
    receipts.set(snapshot.peer, snapshot.peerReadSeq);
  }
  return {
    ...snapshot,
    // A snapshot that an earlier version has kept has none; the hello brings it anew.
    permissions: snapshot.permissions ?? [],
    snapshotSeq: snapshot.lastSeq,
    unreadAsOf: snapshot.lastSeq,
    receipts,
  };
}

/** Whether an event changes what the account may do here, which only the server knows. */
export function changesPermissions(view: ConversationView, event: Event, me: AccountId): boolean {
  if (event.seq <= view.snapshotSeq) return false;
  if (event.type === 'member.role_changed') return event.data.account === me;
  return event.type === 'conversation.updated' && event.data.visibility !== undefined;
}

/** The view after an event of its stream. The window has applied the event already. */
export function reduce(
  view: ConversationView,
  event: Event,
  me: AccountId,
  window: MessageWindow,
): ConversationView {
  const lastSeq = event.seq > view.lastSeq ? event.seq : view.lastSeq;
  const next = { ...view, lastSeq };
  switch (event.type) {
    case 'message.posted':
      if (!view.lastMessage || event.seq > view.lastMessage.seq) next.lastMessage = latest(window);
      if (event.seq > view.unreadAsOf && event.actor !== me) {
        next.unread = Math.min(view.unread + 1, LIMITS.unreadMax);
      }
      return next;
    case 'message.edited':
      if (event.data.message === view.lastMessage?.seq) {
        next.lastMessage = {
          ...view.lastMessage,
          body: event.data.body,
          editedAt: event.at,
          changedSeq: event.seq,
        };
      }
      return next;
    case 'reaction.added':
    case 'reaction.removed':
      if (event.data.message === view.lastMessage?.seq) {
        next.lastMessage = { ...view.lastMessage, changedSeq: event.seq };
      }
      return next;
    case 'message.deleted':
      if (event.data.message === view.lastMessage?.seq) next.lastMessage = latest(window);
      // A saturated count cannot be counted down; the next move of the cursor counts anew.
      if (
        event.seq > view.unreadAsOf &&
        event.data.author !== me &&
        event.data.message > view.readSeq &&
        view.unread < LIMITS.unreadMax
      ) {
        next.unread = Math.max(0, view.unread - 1);
      }
      return next;
  }
  if (event.seq <= view.snapshotSeq) return next;
  switch (event.type) {
    case 'conversation.updated':
      if (event.data.name !== undefined) next.name = event.data.name;
      if (event.data.visibility !== undefined) next.visibility = event.data.visibility;
      return next;
    case 'member.joined':
      next.memberCount = view.memberCount + 1;
      return next;
    case 'member.left': {
      next.memberCount = Math.max(0, view.memberCount - 1);
      const receipts = new Map(view.receipts);
      receipts.delete(event.data.account);
      next.receipts = receipts;
      return next;
    }
    case 'member.role_changed':
      if (event.data.account === me) next.role = event.data.role;
      return next;
  }
  return next;
}

/** The view after its read cursor was told. What came after the count is counted here. */
export function withCursor(
  view: ConversationView,
  cursor: ReadCursor,
  me: AccountId,
  window: MessageWindow | undefined,
): ConversationView {
  const later = window ? window.countAfter(Math.max(cursor.asOf, cursor.readSeq) as Seq, me) : 0;
  return {
    ...view,
    readSeq: cursor.readSeq,
    unread: Math.min(cursor.unread + later, LIMITS.unreadMax),
    unreadAsOf: cursor.asOf > view.lastSeq ? cursor.asOf : view.lastSeq,
  };
}

/** The view when the person has just read up to `seq` here: the server’s count follows. */
export function readHere(
  view: ConversationView,
  seq: Seq,
  me: AccountId,
  window: MessageWindow | undefined,
): ConversationView {
  if (seq <= view.readSeq) return view;
  const unread = window && window.from <= seq + 1 ? window.countAfter(seq, me) : view.unread;
  return { ...view, readSeq: seq, unread: Math.min(unread, LIMITS.unreadMax) };
}

/** The view after another member’s reading was told. */
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
    const { reactions: _reactions, ...rest } = message;
    return rest;
  }
  return null;
}
