import type { AccountId, ClientId, FileId, Message, Refusal, Seq } from '@parley/protocol';
import type { ParleyApi } from '../api/api.ts';
import type { ConversationView } from '../conversations/conversations.ts';
import type { MessageWindow } from '../messages/message-window.ts';
import type { OutboxEntry } from '../storage/store.ts';

/** A displayed message: stored, or one of the user’s own that is in flight. */
export interface TimelineMessage extends Message {
  /** `pending`: not acknowledged yet. `failed`: refused, to be retried or discarded. */
  readonly state: 'stored' | 'pending' | 'failed';
  /** Whether it includes own edits or reactions that are not acknowledged yet. */
  readonly isChanging?: true;
  /**
   * The command of a message that is not stored, or was displayed here before it was: a stable
   * identity of the displayed message.
   */
  readonly client?: ClientId;
  readonly failure?: Refusal;
  /** The file ids of an unstored message; their details are known once it is stored. */
  readonly fileIds?: readonly FileId[];
  /** Other members who have read up to it; for the user’s own messages only. */
  readonly seenBy: readonly AccountId[];
}

/** The state of a timeline at a given time. */
export interface TimelineSnapshot {
  /** In the order of seq; own pending messages at the end, in the order of their creation. */
  readonly messages: readonly TimelineMessage[];
  readonly hasOlder: boolean;
  readonly hasNewer: boolean;
  readonly loading: 'initial' | 'older' | 'newer' | null;
  readonly error: Error | null;
}

/** What a timeline shows: stored messages, those in memory and unsent ones. */
export interface TimelineSource {
  readonly api: Pick<ParleyApi, 'history'>;
  /** The root of the thread whose replies are shown; undefined: the messages of the conversation. */
  readonly thread?: Seq;
  me(): AccountId | null;
  window(): MessageWindow | undefined;
  view(): ConversationView | undefined;
  outbox(): readonly OutboxEntry[];
  /**
   * Whether the latest page is needed even if the window already has many messages from events: the
   * root of a thread comes with it. Undefined: never.
   */
  needsPage?(): boolean;
  /** Pages were added to the window, and must be stored and shown. */
  pageAdded(messages: readonly Message[], from: Seq): void;
}
