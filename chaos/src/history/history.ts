import type { ClientCounters } from '@parley/client';
import type { Event } from '@parley/protocol';

/**
 * The history of a run, as lines of JSON: all that the checker uses. It comes from the clients, and
 * from a final read over REST by members who were there throughout; from inside the server it holds
 * only how many repairs were needed and how much memory was used.
 *
 * `t` is the time since the start of the run, ms, by the clock of the machine that runs the clients.
 */
export type HistoryRecord =
  /** A client is about to send a command for the first time. */
  | {
      readonly kind: 'invoke';
      /**
       * The sender. Commands outside of the client’s own order (the same command twice at once)
       * have a separate sender name, without an order relative to the rest.
       */
      readonly client: string;
      readonly account: string;
      readonly id: string;
      readonly op: Op;
      readonly conversation: string;
      readonly message?: number;
      /** The root of the thread in which it is a reply. */
      readonly thread?: number;
      /** The body, the emoji, or the choices of a vote as JSON. */
      readonly text?: string;
      /** The account that a command about members concerns, when it is not the sender. */
      readonly whom?: string;
      readonly t: number;
    }
  /**
   * Another command is about to be sent with the id of one that has an `invoke`: exactly one of the
   * two may be executed.
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
  /** The read cursor of a thread was moved over REST, to this seq. */
  | {
      readonly kind: 'thread-read';
      readonly account: string;
      readonly stream: string;
      readonly thread: number;
      readonly readSeq: number;
      readonly t: number;
    }
  /** The command was answered. Answers to repetitions are recorded too. */
  | {
      readonly kind: 'ack';
      readonly client: string;
      readonly id: string;
      readonly stream: string;
      readonly seq: number;
      /** The body of the acknowledged post, where it is known. */
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
   * A client started on its store, which has these cursors. `store` numbers the stores of the client: a
   * new one is empty; after a crash the same one may have slightly older cursors than before.
   */
  | {
      readonly kind: 'start';
      readonly client: string;
      readonly account: string;
      readonly store: number;
      readonly cursors: Readonly<Record<string, number>>;
      /** The epoch of its store; null if it is empty. */
      readonly epoch?: string | null;
      readonly t: number;
    }
  /** A client opens a connection. */
  | { readonly kind: 'connect'; readonly client: string; readonly t: number }
  /** A connection was said to be live before the client had these events, which were there at its `ready`. */
  | {
      readonly kind: 'early-live';
      readonly client: string;
      readonly missing: readonly string[];
      readonly t: number;
    }
  /** A client applied an event. */
  | {
      readonly kind: 'event';
      readonly client: string;
      readonly account: string;
      readonly store: number;
      readonly event: Event;
      readonly t: number;
    }
  /** The client received a reset of a stream. */
  | {
      readonly kind: 'reset';
      readonly client: string;
      readonly store: number;
      readonly stream: string;
      readonly seq: number;
      readonly t: number;
    }
  /** A client stopped: asleep, or killed. Counts the repairs while it ran. */
  | {
      readonly kind: 'stop';
      readonly client: string;
      readonly how: 'sleep' | 'crash' | 'end';
      readonly counters: ClientCounters;
      readonly t: number;
    }
  /** The session of a client ended; it logs in again. */
  | { readonly kind: 'ended'; readonly client: string; readonly t: number }
  /** A fault started or ended. */
  | {
      readonly kind: 'fault';
      readonly name: string;
      readonly phase: 'begin' | 'end' | 'skipped';
      readonly detail?: string;
      readonly t: number;
    }
  /**
   * The database was restored from an older backup. It has a new epoch since then, and no longer
   * has these events: what was acknowledged with them is lost.
   */
  | {
      readonly kind: 'restored';
      readonly epoch: string;
      readonly lost: readonly Event[];
      readonly t: number;
    }
  /** After a round: how long until every client had everything, or what was missing at the deadline. */
  | {
      readonly kind: 'quiet';
      readonly round: number;
      readonly ms: number;
      readonly missing: readonly string[];
      readonly t: number;
    }
  /** What a node reported of itself. */
  | {
      readonly kind: 'node';
      readonly node: string;
      /** Gaps that it filled from the database. */
      readonly fills: number;
      /** How often it found events in the database that no other node had announced. */
      readonly repairs: number;
      /** Those of the fills and repairs whose events arrived from another node later. */
      readonly late: number;
      readonly stalled: number;
      /** Bytes that waited for readers. */
      readonly buffered: number;
      /** Resident memory, bytes. */
      readonly rss: number;
      readonly t: number;
    }
  /** A node ended by itself, or a client’s store failed. */
  | { readonly kind: 'died'; readonly node: string; readonly how: string; readonly t: number }
  /**
   * The final read: every event of a conversation from `first` on, the joining of the member who reads
   * (only the creation of the group comes before it).
   */
  | {
      readonly kind: 'log';
      readonly stream: string;
      readonly first: number;
      readonly events: readonly Event[];
    }
  /** The final read: which threads an account has chosen to follow, by its personal stream. */
  | {
      readonly kind: 'follows';
      readonly account: string;
      readonly choices: readonly ThreadChoice[];
    }
  /** The final read: the messages of a conversation, with those in its threads. */
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
      readonly store: number;
      /** Its cursors in the streams it is subscribed to. */
      readonly cursors: Readonly<Record<string, number>>;
      readonly unread: Readonly<Record<string, number>>;
      readonly read: Readonly<Record<string, number>>;
      /** The unread mentions in each conversation. */
      readonly mentions?: Readonly<Record<string, readonly number[]>>;
      /** What it knows about the threads that it follows. */
      readonly threads?: readonly FinalThread[];
      /** The messages of each conversation in its store: every message from `from` on. */
      readonly kept: Readonly<
        Record<string, { readonly from: number; readonly messages: readonly FinalMessage[] }>
      >;
      /** The seqs of the messages that it shows of each conversation, in the order in which it shows them. */
      readonly shown?: Readonly<Record<string, readonly number[]>>;
      /** Commands that are still unanswered. */
      readonly waiting: readonly string[];
    }
  /**
   * A guest learned of accounts and conversations (by their ids or names), over its socket or from
   * the answer to a request. There is no record for a frame that names only what earlier frames of
   * its kind named.
   */
  | {
      readonly kind: 'told';
      readonly client: string;
      readonly account: string;
      /** The kind of frame, or what was requested. */
      readonly by: string;
      readonly ids: readonly string[];
      /** When the request was sent, or the connection opened; null: it may be about earlier times. */
      readonly since: number | null;
      /** Whether the accounts must share a conversation with the guest now, and not only at an earlier time. */
      readonly isNow: boolean;
      readonly t: number;
    }
  /**
   * What a legal hold over these conversations exported: the texts by stream and seq. An export at the end has
   * all of them; one that was requested at `since`, while commands were sent, those of all commands that had
   * been acknowledged by then.
   */
  | {
      readonly kind: 'held';
      readonly streams: readonly string[];
      readonly texts: Readonly<Record<string, Readonly<Record<number, string>>>>;
      readonly since?: number;
    }
  /** What remains of the hold some time after its release. */
  | { readonly kind: 'purged'; readonly isPurged: boolean; readonly versions: number }
  /** The final read: the members that each user group has had, by the events of the workspace stream. */
  | {
      readonly kind: 'user-groups';
      readonly versions: readonly { readonly id: string; readonly members: readonly string[] }[];
    }
  /** Nodes have searched for expired messages at this time by their clocks, and no group has changed its choice since. */
  | { readonly kind: 'expired'; readonly at: string; readonly t: number }
  /** What `parley doctor` found in the database. */
  | { readonly kind: 'doctor'; readonly findings: readonly string[] };

/** Kinds of commands. */
export type Op =
  | 'post'
  | 'edit'
  | 'delete'
  | 'react'
  | 'unreact'
  | 'pin'
  | 'unpin'
  | 'vote'
  | 'close'
  | 'join'
  | 'leave'
  | 'add'
  | 'remove'
  | 'hide'
  | 'unhide'
  | 'retention';

/** A message in its final state. */
export interface FinalMessage {
  readonly seq: number;
  readonly author: string;
  readonly body: string;
  readonly deletedAt: string | null;
  readonly editedAt: string | null;
  readonly hiddenAt: string | null;
  /** The message that it quotes. */
  readonly replyTo: number | null;
  /** The root of the thread in which it is a reply. */
  readonly thread: number | null;
  readonly alsoInConversation: boolean;
  /** The summary of its thread. */
  readonly threadSummary: FinalSummary | null;
  readonly mentions: readonly FinalMention[];
  readonly reactions: readonly { readonly emoji: string; readonly accounts: readonly string[] }[];
  readonly poll: FinalPoll | null;
  readonly pinned: { readonly by: string; readonly at: string } | null;
}

/** What the root of a thread shows about its replies. */
export interface FinalSummary {
  readonly replies: number;
  readonly lastReplySeq: number;
  readonly lastReplyAt: string;
  readonly authors: readonly string[];
}

/** A mention in a text; `id` is that of a user or a group. A user group stands for its `accounts`. */
export interface FinalMention {
  readonly kind: string;
  readonly id: string | null;
  readonly accounts?: readonly string[];
}

/** A poll with its votes. */
export interface FinalPoll {
  readonly choices: readonly { readonly votes: number; readonly accounts: readonly string[] }[];
  readonly voters: number;
  readonly closedAt: string | null;
}

/** A thread that a client follows. */
export interface FinalThread {
  readonly stream: string;
  readonly thread: number;
  readonly readSeq: number;
  readonly unread: number;
  readonly mentions: readonly number[];
}

/** Whether an account has chosen to follow a thread. */
export interface ThreadChoice {
  readonly stream: string;
  readonly thread: number;
  readonly isFollowing: boolean;
}

/** Record of one kind. */
export type RecordOf<K extends HistoryRecord['kind']> = Extract<HistoryRecord, { kind: K }>;
