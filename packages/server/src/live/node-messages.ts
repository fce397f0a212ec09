import {
  type AccountId,
  type PresenceState,
  type SessionId,
  streamOfAccount,
} from '@parley/protocol';
import type { ReadMove } from '../messages/read-cursors/read-cursors.ts';
import type { ThreadMove } from '../messages/threads/thread-cursors.ts';
import type { ActivityChange } from '../notifications/activity-items.ts';
import type { DraftChange } from '../personal/drafts.ts';
import type { Logger } from '../runtime/log.ts';
import type { Broker } from '../stream/broker.ts';
import type { PresenceBoard, PresenceChange } from './presence.ts';

/** Interval of the heartbeat of each node, which carries the version of its presences. */
const HEARTBEAT_MS = 3_000;
/** The presences of a node are dropped when nothing was received from it for this long. */
const SILENT_MS = 10_000;
/** The full list of presences is sent at most this often, regardless of the number of requests. */
const FULL_LIST_MS = 500;

type Present = Exclude<PresenceState, 'offline'>;

/** The presences of another node's connections, as it has sent them. */
interface OtherNode {
  readonly states: Map<AccountId, Present>;
  /** The number of its changes up to which `states` is complete. */
  version: number;
  receivedAt: number;
}

/** How this node handles messages from other nodes. */
export interface NodeMessageHandlers {
  read(account: AccountId, move: ReadMove): void;
  draft(account: AccountId, change: DraftChange): void;
  threadRead(account: AccountId, move: ThreadMove): void;
  activity(change: ActivityChange): void;
  reports(accounts: readonly AccountId[]): void;
  sessionEnded(session: SessionId): void;
}

/**
 * Exchanges node messages: read cursors (of conversations and of threads), drafts, changes of
 * activity and of reports, ended sessions and presence. None of this is durable, and any message
 * may be lost: ended sessions and read cursors are looked up in the database within two seconds, a
 * lost change of presence is detected by the version that every heartbeat carries, and clients
 * count reports every minute.
 */
export class NodeMessages {
  readonly #broker: Broker;
  readonly #board: PresenceBoard;
  readonly #log: Logger;
  readonly #others = new Map<string, OtherNode>();
  readonly #timer: NodeJS.Timeout;
  /** Counts the changes of the presences here that were sent. */
  #version = 0;
  #fullListAt = Number.NEGATIVE_INFINITY;
  /** Whether the other nodes were told that the presences here have ended; a later message would start them again. */
  #isStopped = false;

  constructor(broker: Broker, board: PresenceBoard, handlers: NodeMessageHandlers, log: Logger) {
    this.#broker = broker;
    this.#board = board;
    this.#log = log;
    this.#on<{ account: AccountId; move: ReadMove }>('read', ({ account, move }) =>
      handlers.read(account, move),
    );
    this.#on<{ account: AccountId; change: DraftChange }>('draft', ({ account, change }) =>
      handlers.draft(account, change),
    );
    this.#on<{ account: AccountId; move: ThreadMove }>('thread-read', ({ account, move }) =>
      handlers.threadRead(account, move),
    );
    this.#on<ActivityChange>('activity', ({ account, version }) =>
      handlers.activity({ account, version }),
    );
    this.#on<{ accounts: readonly AccountId[] }>('reports', ({ accounts }) =>
      handlers.reports(accounts),
    );
    this.#on<SessionId>('session-ended', (session) => handlers.sessionEnded(session));
    this.#on<{ version: number; changes: PresenceChange[] }>('presence', (message, from) =>
      this.#onChanges(from, message.version, message.changes),
    );
    this.#on<{ version: number; whole: [AccountId, Present][] }>('presences', (message, from) =>
      this.#onFullList(from, message.version, message.whole),
    );
    this.#on<string>('presence-missed', (of) => {
      if (of === broker.node) this.#sendFullList();
    });
    this.#on<null>('node-leaves', (_message, from) => this.#remove(from));
    this.#timer = setInterval(() => this.#heartbeat(), HEARTBEAT_MS);
    this.#timer.unref();
  }

  /** Sends a moved read cursor to the account's connections on other nodes. */
  sendRead(account: AccountId, move: ReadMove): void {
    this.#send(streamOfAccount(account), 'read', { account, move });
  }

  /** Sends a changed draft to the account's connections on other nodes. */
  sendDraft(account: AccountId, change: DraftChange): void {
    this.#send(streamOfAccount(account), 'draft', { account, change });
  }

  /** Sends a moved read cursor of a thread to the account's connections on other nodes. */
  sendThreadRead(account: AccountId, move: ThreadMove): void {
    this.#send(streamOfAccount(account), 'thread-read', { account, move });
  }

  /** Tells the account's connections on other nodes that its activity has changed. */
  sendActivity(change: ActivityChange): void {
    this.#send(streamOfAccount(change.account), 'activity', change);
  }

  /** Tells the connections of these accounts on other nodes that reports which they may read have changed. */
  sendReports(accounts: readonly AccountId[]): void {
    this.#send(null, 'reports', { accounts });
  }

  /** Sends to all nodes that the session has ended. */
  sendSessionEnded(session: SessionId): void {
    this.#send(null, 'session-ended', session);
  }

  /** Sends changes of the presences here to all nodes. */
  sendPresence(changes: readonly PresenceChange[]): void {
    if (this.#isStopped) return;
    this.#version++;
    this.#send(null, 'presence', { version: this.#version, changes });
  }

  /** Notifies the other nodes that this one is stopping; the presences here end for them. */
  stop(): void {
    clearInterval(this.#timer);
    this.#isStopped = true;
    this.#send(null, 'node-leaves', null);
  }

  #send(to: Parameters<Broker['sendNodeMessage']>[0], kind: string, message: unknown): void {
    if (this.#broker.status !== 'standalone')
      this.#broker.sendNodeMessage(to, kind, JSON.stringify(message));
  }

  #on<T>(kind: string, handle: (message: T, from: string) => void): void {
    this.#broker.onNodeMessage(kind, (body, from) => {
      try {
        // Written by another node of the same server.
        handle(JSON.parse(body) as T, from);
      } catch (error) {
        this.#log.warn({ err: error, kind }, 'node message not handled');
      }
    });
  }

  // ---- presence -------------------------------------------------------------------------------

  #heartbeat(): void {
    const now = performance.now();
    this.#send(null, 'presence', { version: this.#version, changes: [] });
    // While the broker is disconnected, silence does not mean that a node is gone.
    if (this.#broker.status === 'disconnected') {
      for (const other of this.#others.values()) other.receivedAt = now;
    }
    for (const [node, { receivedAt }] of this.#others) {
      if (now - receivedAt > SILENT_MS) this.#remove(node);
    }
  }

  #onChanges(from: string, version: number, changes: readonly PresenceChange[]): void {
    let other = this.#others.get(from);
    if (!other) {
      other = { states: new Map(), version: -1, receivedAt: 0 };
      this.#others.set(from, other);
      // The first message from this node, which may not know the presences here either.
      this.#sendFullList();
    }
    other.receivedAt = performance.now();
    const next = other.version + (changes.length > 0 ? 1 : 0);
    if (version !== next) {
      this.#send(null, 'presence-missed', from);
      return;
    }
    other.version = version;
    for (const { account, state } of changes) {
      if (state === 'offline') other.states.delete(account);
      else other.states.set(account, state);
      this.#update(account);
    }
  }

  #onFullList(from: string, version: number, list: readonly [AccountId, Present][]): void {
    const before = this.#others.get(from)?.states.keys() ?? [];
    const states = new Map(list);
    this.#others.set(from, { states, version, receivedAt: performance.now() });
    for (const account of new Set([...before, ...states.keys()])) this.#update(account);
  }

  #sendFullList(): void {
    const now = performance.now();
    if (this.#isStopped || now - this.#fullListAt < FULL_LIST_MS) return;
    this.#fullListAt = now;
    this.#send(null, 'presences', { version: this.#version, whole: this.#board.here() });
  }

  #remove(node: string): void {
    const other = this.#others.get(node);
    if (!other) return;
    this.#others.delete(node);
    for (const account of other.states.keys()) this.#update(account);
  }

  /** Updates the board with the best state of the account on other nodes. */
  #update(account: AccountId): void {
    let best: Present | null = null;
    for (const { states } of this.#others.values()) {
      const state = states.get(account);
      if (state === 'active' || (state === 'idle' && best === null)) best = state;
    }
    this.#board.setElsewhere(account, best);
  }
}
