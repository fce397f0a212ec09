import type { ClientCounters } from '@parley/client';
import type { Event } from '@parley/protocol';

/**
 * What a run leaves behind, as lines of JSON: all that the checker knows. It comes from the
 * clients, and from a final read over REST by members who were there all the time; of the server’s
 * inside it holds only how much it had to mend and how much memory it took.
 *
 * `t` is the time since the run began, ms, by the clock of the machine that runs the clients.
 */
export type HistoryRecord =
  /** A client was about to send a command for the first time. */
  | {
      readonly kind: 'invoke';
      /**
       * Who sent it. What is sent out of turn (the same twice at once) has a name of its own: it
       * stands in no order to the rest.
       */
      readonly client: string;
      readonly account: string;
      readonly id: string;
      readonly op: Op;
      readonly conversation: string;
      readonly message?: number;
      /** The body, or the emoji. */
      readonly text?: string;
      /** Whom a command about members concerns, when it is not the sender. */
      readonly whom?: string;
      readonly t: number;
    }
  /**
   * Another command was about to be sent under the id of one that has its `invoke`: exactly one of the
   * two may be carried out.
   */
  | {
      readonly kind: 'rival';
      readonly client: string;
      readonly account: string;
      readonly id: string;
      readonly conversation: string;
      readonly text: string;
      readonly t: number;
    }
  /** The command was answered. Answers of repetitions are recorded too. */
  | {
      readonly kind: 'ack';
      readonly client: string;
      readonly id: string;
      readonly stream: string;
      readonly seq: number;
      /** The body of the post that was answered, where that is known. */
      readonly text?: string;
      readonly t: number;
    }
  | {
      readonly kind: 'nack';
      readonly client: string;
      readonly id: string;
      readonly code: string;
      readonly t: number;
    }
  /**
   * A client began to run on its store, which has these cursors. `life` counts the lives of the
   * store: a new one knows nothing; after a crash the same one may know a little less than before.
   */
  | {
      readonly kind: 'start';
      readonly client: string;
      readonly account: string;
      readonly life: number;
      readonly cursors: Readonly<Record<string, number>>;
      readonly t: number;
    }
  /** A client applied an event. */
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
  /** A client stopped running: it sleeps, or was killed. What it had to mend while it ran. */
  | {
      readonly kind: 'stop';
      readonly client: string;
      readonly how: 'sleep' | 'crash' | 'end';
      readonly counters: ClientCounters;
      readonly t: number;
    }
  /** A client was told that its session is over; it logs in again. */
  | { readonly kind: 'ended'; readonly client: string; readonly t: number }
  /** A fault began or ended. */
  | {
      readonly kind: 'fault';
      readonly name: string;
      readonly phase: 'begin' | 'end' | 'skipped';
      readonly detail?: string;
      readonly t: number;
    }
  /** After a round: how long until every client had everything, or what was missing in the end. */
  | {
      readonly kind: 'quiet';
      readonly round: number;
      readonly ms: number;
      readonly missing: readonly string[];
      readonly t: number;
    }
  /** What a node told of itself. */
  | {
      readonly kind: 'node';
      readonly node: string;
      readonly fills: number;
      readonly repairs: number;
      readonly stalled: number;
      /** Bytes that waited for readers. */
      readonly buffered: number;
      /** Resident memory, bytes. */
      readonly rss: number;
      readonly t: number;
    }
  /** A node ended though nobody had asked it to, or a client’s store failed. */
  | { readonly kind: 'died'; readonly node: string; readonly how: string; readonly t: number }
  /**
   * The final read: every event of a conversation from `first` on, the joining of the member who
   * reads (before it stands only the making of the group).
   */
  | {
      readonly kind: 'log';
      readonly stream: string;
      readonly first: number;
      readonly events: readonly Event[];
    }
  /** The final read: the messages of a conversation. */
  | {
      readonly kind: 'messages';
      readonly stream: string;
      readonly messages: readonly FinalMessage[];
    }
  /** The final state of a client. */
  | {
      readonly kind: 'final';
      readonly client: string;
      readonly account: string;
      readonly life: number;
      /** How far it has applied the streams it follows. */
      readonly cursors: Readonly<Record<string, number>>;
      readonly unread: Readonly<Record<string, number>>;
      readonly read: Readonly<Record<string, number>>;
      /** What its store keeps of each conversation: every message from `from` on. */
      readonly kept: Readonly<
        Record<string, { readonly from: number; readonly messages: readonly FinalMessage[] }>
      >;
      /** Commands that it still waits for. */
      readonly waiting: readonly string[];
    }
  /** What `parley doctor` found in the database. */
  | { readonly kind: 'doctor'; readonly findings: readonly string[] };

/** What a command does. */
export type Op =
  | 'post'
  | 'edit'
  | 'delete'
  | 'react'
  | 'unreact'
  | 'join'
  | 'leave'
  | 'add'
  | 'remove';

/** A message as it stands at the end. */
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
