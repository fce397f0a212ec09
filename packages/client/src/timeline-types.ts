import type { AccountId, ClientId, Message, Refusal, Seq } from '@parley/protocol';
import type { ParleyApi } from './api.ts';
import type { ConversationView } from './conversations.ts';
import type { MessageWindow } from './messages.ts';
import type { OutboxEntry } from './store.ts';

/** A message as it is shown: stored, or one’s own on its way. */
export interface TimelineMessage extends Message {
  /** `pending`: not acknowledged yet. `failed`: refused, to be tried again or thrown away. */
  readonly state: 'stored' | 'pending' | 'failed';
  /** The command of a message that is not stored; names it until it has a seq. */
  readonly client?: ClientId;
  readonly failure?: Refusal;
  /** Others who have read up to it; of one’s own messages only. */
  readonly seenBy: readonly AccountId[];
}

/** What a timeline shows at a moment. */
export interface TimelineSnapshot {
  /** In the order of seq; one’s own pending messages at the end, in the order of their making. */
  readonly messages: readonly TimelineMessage[];
  readonly hasOlder: boolean;
  readonly hasNewer: boolean;
  readonly loading: 'initial' | 'older' | 'newer' | null;
  readonly error: Error | null;
}

/** What a timeline is made of. */
export interface TimelineSource {
  readonly api: ParleyApi;
  me(): AccountId | null;
  window(): MessageWindow | undefined;
  view(): ConversationView | undefined;
  outbox(): readonly OutboxEntry[];
  /** Pages that were taken into the window are to be stored and shown. */
  taken(messages: readonly Message[], from: Seq): void;
}
