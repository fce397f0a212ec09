import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import {
  type AccountId,
  CLOSE,
  type ConversationId,
  type ServerFrame,
  type SessionId,
  streamOfConversation,
} from '@parley/protocol';
import type { ReadMove } from '../messages/read-cursors/read-cursors.ts';
import type { ThreadMove } from '../messages/threads/thread-cursors.ts';
import type { ActivityChange } from '../notifications/activity-items.ts';
import type { DraftChange } from '../personal/drafts.ts';
import { Connection } from './connection.ts';
import { Connections } from './connections.ts';
import type { LiveContext, LiveDeps } from './context.ts';
import { GuestFeed } from './guest-feed.ts';
import type { LiveSocket } from './live-socket.ts';
import { NodeMessages } from './node-messages.ts';
import { PresenceBoard } from './presence.ts';
import { PresenceAudience } from './presence-audience.ts';
import { Upgrades } from './upgrades.ts';

/**
 * A stopping node closes its connections one by one: the pause between two, and the limit for all.
 */
const GOODBYE_MS = 10;
const GOODBYES_MS = 6_000;
/** Interval of the heartbeat of all connections. */
const TICK_MS = 1_000;
/**
 * Interval at which ended sessions and moved read cursors are looked up in the database: including the
 * lookup, a lost node message costs less than two seconds.
 */
const RECHECK_MS = 1_500;
/** How long a stopping node, once its connections are closed, waits until it has recorded who was connected. */
const LAST_SEEN_MS = 2_000;

/** Figures of the live connections, for metrics and tests. */
export interface LiveFigures {
  readonly sockets: number;
  readonly accounts: number;
  /** Bytes that wait for clients to read them. */
  readonly buffered: number;
  /** Connections that were closed because their client did not read, since the start. */
  readonly stalled: number;
  /** Connections that are congested. */
  readonly congested: number;
}

/** The live connections of this node: opens them, and handles what concerns all of them. */
export class Live {
  readonly #context: LiveContext;
  readonly #upgrades: Upgrades;
  readonly #all = new Set<Connection>();
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #nodes: NodeMessages;
  #stalled = 0;
  #isRechecking = false;

  constructor(deps: LiveDeps) {
    const presence = new PresenceBoard(
      (changes) => audience.send(changes),
      (changes) => {
        this.#nodes.sendPresence(changes);
        const left = changes.filter(({ state }) => state === 'offline');
        void this.#recordLastSeen(left.map(({ account }) => account));
      },
    );
    const audience = new PresenceAudience((account) => {
      const status = deps.statusOf(account);
      return { account, state: presence.stateOf(account), ...(status && { status }) };
    });
    this.#nodes = new NodeMessages(
      deps.broker,
      presence,
      {
        read: (account, move) => this.#sendReadHere(account, move),
        draft: (account, change) => this.#sendDraftHere(account, change),
        threadRead: (account, move) => this.#sendThreadReadHere(account, move),
        activity: (change) => this.#sendActivityHere(change),
        reports: (accounts) => this.#sendReportsHere(accounts),
        sessionEnded: (session) => {
          deps.forgetSession(session);
          this.#closeSession(session);
        },
      },
      deps.log,
    );
    this.#context = {
      ...deps,
      connections: new Connections(deps.limits, (oldest) =>
        oldest.close(CLOSE.tooManyConnections, 'restart', 60),
      ),
      presence,
      audience,
      guests: new GuestFeed(deps),
      sendTyping: (conversation, account) =>
        this.#signal(conversation, account, { op: 'typing', conversation, account }),
      sendRead: (account, move) => this.sendRead(account, move),
      countStalled: () => {
        this.#stalled++;
      },
    };
    this.#upgrades = new Upgrades(deps, (ws, socket) => this.accept(ws, socket));
  }

  /** Handles the upgrades of the HTTP server and starts the heartbeat. */
  attach(server: Server): void {
    server.on('upgrade', (request, socket, head) => this.#upgrades.handle(request, socket, head));
    this.start();
  }

  /** Opens a connection on a WebSocket, whose frames are written to `socket`. */
  accept(ws: LiveSocket, socket: Socket): void {
    const connection = new Connection(this.#context, ws, socket);
    this.#all.add(connection);
    ws.on('close', () => this.#all.delete(connection));
  }

  /**
   * Starts the heartbeat of all connections, and the regular lookups that make up for lost node
   * messages.
   */
  start(): void {
    this.#timers.push(
      setInterval(() => this.#tick(), TICK_MS),
      setInterval(() => void this.#recheck(), RECHECK_MS),
    );
  }

  /** Closes the connections of a session that has ended, on all nodes. */
  endSession(session: SessionId): void {
    this.#closeSession(session);
    this.#nodes.sendSessionEnded(session);
  }

  #closeSession(session: SessionId): void {
    for (const connection of [...this.#context.connections.ofSession(session)]) {
      connection.close(CLOSE.sessionEnded, 'session_ended');
    }
  }

  /**
   * Sends a moved read cursor to the account's own connections, and receipts to the other members of a
   * small conversation, on all nodes.
   */
  sendRead(account: AccountId, move: ReadMove): void {
    this.#sendReadHere(account, move);
    this.#nodes.sendRead(account, move);
    if (!move.sendReceipts) return;
    const { conversation, readSeq } = move.cursor;
    this.#signal(conversation, account, { op: 'receipt', conversation, account, readSeq });
  }

  /** Sends a changed draft to the account’s own connections, on all nodes. */
  sendDraft(account: AccountId, change: DraftChange): void {
    this.#sendDraftHere(account, change);
    this.#nodes.sendDraft(account, change);
  }

  /** Sends a moved read cursor of a thread to the account’s own connections, on all nodes. */
  sendThreadRead(account: AccountId, move: ThreadMove): void {
    this.#sendThreadReadHere(account, move);
    this.#nodes.sendThreadRead(account, move);
  }

  /** Tells the account’s own connections that its activity has changed, on all nodes. */
  sendActivity(change: ActivityChange): void {
    this.#sendActivityHere(change);
    this.#nodes.sendActivity(change);
  }

  /** Tells the connections of these accounts that reports which they may read have changed, on all nodes. */
  sendReports(accounts: readonly AccountId[]): void {
    this.#sendReportsHere(accounts);
    this.#nodes.sendReports(accounts);
  }

  #sendReportsHere(accounts: readonly AccountId[]): void {
    for (const account of accounts) {
      for (const connection of this.#context.connections.of(account)) {
        if (connection.isReady) connection.send({ op: 'reports' });
      }
    }
  }

  #sendActivityHere({ account, version }: ActivityChange): void {
    this.#sendVersioned(account, { op: 'activity', version });
  }

  #sendThreadReadHere(account: AccountId, { version, cursor }: ThreadMove): void {
    this.#sendVersioned(account, { op: 'thread_read', version, cursor });
  }

  #sendDraftHere(account: AccountId, change: DraftChange): void {
    this.#sendVersioned(account, { op: 'draft', ...change });
  }

  #sendReadHere(account: AccountId, { version, cursor }: ReadMove): void {
    this.#sendVersioned(account, { op: 'read', version, cursor });
  }

  #sendVersioned(
    account: AccountId,
    frame: Extract<ServerFrame, { op: 'read' | 'draft' | 'thread_read' | 'activity' }>,
  ): void {
    const { version } = frame;
    for (const connection of this.#context.connections.of(account)) {
      if (version > connection.readVersion) connection.readVersion = version;
      if (connection.isReady) connection.send(frame);
    }
  }

  /** Returns whether an account is active on any device and not set away, as far as this node knows. */
  presenceOf(account: AccountId): 'active' | 'away' {
    return this.#context.presence.stateOf(account) === 'active' ? 'active' : 'away';
  }

  /** Applies the changed statuses of these accounts, and sends them to those who subscribe to their presence. */
  statusChanged(accounts: readonly AccountId[]): void {
    const { presence, statusOf } = this.#context;
    for (const account of accounts) presence.setAway(account, statusOf(account)?.isAway === true);
    this.#context.audience.announce(accounts);
  }

  async #recordLastSeen(accounts: readonly AccountId[]): Promise<void> {
    if (accounts.length === 0) return;
    try {
      await this.#context.recordLastSeen(accounts);
    } catch (error) {
      this.#context.log.warn({ err: error, accounts: accounts.length }, 'last seen not recorded');
    }
  }

  /** Connections by state. */
  get states(): Readonly<Record<string, number>> {
    const counts: Record<string, number> = {};
    for (const { state } of this.#all) counts[state] = (counts[state] ?? 0) + 1;
    return counts;
  }

  /** Returns the current figures. */
  get figures(): LiveFigures {
    let buffered = 0;
    let congested = 0;
    for (const connection of this.#all) {
      buffered += connection.buffered;
      if (connection.congested) congested++;
    }
    return {
      congested,
      sockets: this.#all.size,
      accounts: this.#context.connections.accounts.length,
      buffered,
      stalled: this.#stalled,
    };
  }

  /**
   * Rejects new connections and closes all others, staggered over some seconds, so that the clients do
   * not reconnect all at once. Resolves when all are closed.
   */
  async drain(): Promise<void> {
    this.#upgrades.drain();
    for (const timer of this.#timers) clearInterval(timer);
    const present = this.#context.presence.here().map(([account]) => account);
    this.#context.presence.stop();
    this.#nodes.stop();
    // Awaited after the connections are closed: the database may not respond.
    const recorded = this.#recordLastSeen(present);
    const connections = [...this.#all];
    const gone = connections.map((c) => c.gone);
    const pause = Math.min(GOODBYE_MS, GOODBYES_MS / connections.length);
    const startedAt = performance.now();
    for (const [i, connection] of connections.entries()) {
      const wait = startedAt + i * pause - performance.now();
      if (wait > 5) await new Promise((resolve) => setTimeout(resolve, wait));
      connection.close(CLOSE.restart, 'restart', 0.2 + Math.random());
    }
    await Promise.all(gone);
    let limit: NodeJS.Timeout | undefined;
    const isLate = new Promise<void>((resolve) => {
      limit = setTimeout(resolve, LAST_SEEN_MS);
    });
    await Promise.race([recorded, isLate]);
    clearTimeout(limit);
  }

  #tick(): void {
    const now = performance.now();
    for (const connection of this.#all) connection.tick(now);
    this.#context.audience.sendMissed();
    for (const connection of this.#context.connections.overUnread()) {
      const { buffered } = connection;
      this.#context.log.info({ buffered }, 'connection closed: account leaves too much unread');
      this.#stalled++;
      connection.close(CLOSE.tooSlow, 'too_slow', 2);
    }
  }

  /** Finds ended sessions and moved read cursors whose node message was lost. */
  async #recheck(): Promise<void> {
    const { connections, liveSessions, readVersions, log } = this.#context;
    const { sessions, accounts } = connections;
    if (this.#isRechecking || sessions.length === 0) return;
    this.#isRechecking = true;
    try {
      const [alive, versions] = await Promise.all([liveSessions(sessions), readVersions(accounts)]);
      for (const session of sessions) if (!alive.has(session)) this.#closeSession(session);
      for (const [account, version] of versions) {
        for (const connection of connections.of(account)) {
          if (version > connection.readVersion) connection.readVersion = version;
        }
      }
    } catch (error) {
      log.warn({ err: error }, 'ended sessions not checked');
    } finally {
      this.#isRechecking = false;
    }
  }

  /** Sends a signal to the members, except one, on all nodes. */
  #signal(conversation: ConversationId, except: AccountId, frame: ServerFrame): void {
    this.#context.hub.signal(streamOfConversation(conversation), JSON.stringify(frame), except);
  }
}
