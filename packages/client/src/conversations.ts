import {
  type AccountId,
  type Conversation,
  type Event,
  LIMITS,
  type ReadCursor,
  type Seq,
} from '@parley/protocol';
import type { MessageWindow } from './messages.ts';

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
    // A snapshot that an earlier version has stored has none; the next hello brings them.
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

/** Returns the view after an event of its stream. The window has already applied the event. */
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
      // A saturated count cannot be decremented; the next move of the cursor recounts.
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

/**
 * Returns the view after its read cursor moved. Messages after the server’s count are counted here.
 */
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

/**
 * Returns the view when the user has just read up to `seq` on this device; the server’s count
 * follows.
 */
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
    const { reactions: _reactions, ...rest } = message;
    return rest;
  }
  return null;
}
