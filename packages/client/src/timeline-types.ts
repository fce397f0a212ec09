import type { AccountId, ClientId, FileId, Message, Refusal, Seq } from '@parley/protocol';
import type { ParleyApi } from './api.ts';
import type { ConversationView } from './conversations.ts';
import type { MessageWindow } from './messages.ts';
import type { OutboxEntry } from './store.ts';

/** A message as it is shown: stored, or an own message in flight. */
export interface TimelineMessage extends Message {
  /** `pending`: not acknowledged yet. `failed`: refused, to be retried or discarded. */
  readonly state: 'stored' | 'pending' | 'failed';
  /** It is shown with own edits or reactions that are not acknowledged yet. */
  readonly isChanging?: true;
  /**
   * The command of a message that is not stored, or was shown here before it was: identifies what is shown all the
   * time.
   */
  readonly client?: ClientId;
  readonly failure?: Refusal;
  /** The files of a message that is not stored: what they are is known once it is. */
  readonly fileIds?: readonly FileId[];
  /** Other members who have read up to it; for own messages only. */
  readonly seenBy: readonly AccountId[];
}

/** What a timeline shows at a given time. */
export interface TimelineSnapshot {
  /** In the order of seq; own pending messages at the end, in the order of their creation. */
  readonly messages: readonly TimelineMessage[];
  readonly hasOlder: boolean;
  readonly hasNewer: boolean;
  readonly loading: 'initial' | 'older' | 'newer' | null;
  readonly error: Error | null;
}

/** What a timeline is constructed with. */
export interface TimelineSource {
  readonly api: Pick<ParleyApi, 'history'>;
  /** The root of the thread whose replies are shown; undefined: the messages of the conversation. */
  readonly thread?: Seq;
  me(): AccountId | null;
  window(): MessageWindow | undefined;
  view(): ConversationView | undefined;
  outbox(): readonly OutboxEntry[];
  /** Pages were added to the window, and must be stored and shown. */
  taken(messages: readonly Message[], from: Seq): void;
}
