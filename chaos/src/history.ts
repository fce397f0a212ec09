import type { Event } from '@parley/protocol';

/**
 * What a run leaves behind, as lines of JSON: all that the checker knows. It comes from the
 * clients, and from a final read over REST by an observer; nothing of it comes from the server’s
 * inside.
 */
export type HistoryRecord =
  /** A client was about to send a command for the first time. */
  | {
      readonly kind: 'invoke';
      readonly client: string;
      readonly account: string;
      readonly id: string;
      readonly op: 'post' | 'edit' | 'delete' | 'react' | 'unreact';
      readonly conversation: string;
      readonly message?: number;
      /** The body, or the emoji. */
      readonly text?: string;
      readonly t: number;
    }
  /** The command was answered. Answers of blind repetitions are recorded too. */
  | {
      readonly kind: 'ack';
      readonly client: string;
      readonly id: string;
      readonly stream: string;
      readonly seq: number;
      readonly t: number;
    }
  | {
      readonly kind: 'nack';
      readonly client: string;
      readonly id: string;
      readonly code: string;
      readonly t: number;
    }
  /** A client applied an event. `life` counts the lives of its store: a new one knows nothing. */
  | {
      readonly kind: 'event';
      readonly client: string;
      readonly account: string;
      readonly life: number;
      readonly event: Event;
      readonly t: number;
    }
  /** The client was told to start a stream anew at its end. */
  | {
      readonly kind: 'reset';
      readonly client: string;
      readonly life: number;
      readonly stream: string;
      readonly seq: number;
      readonly t: number;
    }
  /** A fault began or ended; for the reader of a failing run. */
  | {
      readonly kind: 'fault';
      readonly name: string;
      readonly phase: 'begin' | 'end';
      readonly t: number;
    }
  /** The final read: every event of a conversation, as the observer got them. */
  | { readonly kind: 'log'; readonly stream: string; readonly events: readonly Event[] }
  /** The final read: the messages of a conversation. */
  | {
      readonly kind: 'messages';
      readonly stream: string;
      readonly messages: readonly FinalMessage[];
    }
  /** The final state of a client: how far it has applied the streams it follows, and its unread. */
  | {
      readonly kind: 'final';
      readonly client: string;
      readonly account: string;
      readonly life: number;
      readonly cursors: Readonly<Record<string, number>>;
      readonly unread: Readonly<Record<string, number>>;
      readonly read: Readonly<Record<string, number>>;
    };

/** A message as REST shows it at the end. */
export interface FinalMessage {
  readonly seq: number;
  readonly author: string;
  readonly body: string;
  readonly deletedAt: string | null;
  readonly editedAt: string | null;
  readonly reactions: readonly { readonly emoji: string; readonly accounts: readonly string[] }[];
}

/** Record of one kind. */
export type RecordOf<K extends HistoryRecord['kind']> = Extract<HistoryRecord, { kind: K }>;
