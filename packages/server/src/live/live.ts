import type { IncomingMessage, Server } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import {
  type AccountId,
  CLOSE,
  type ConversationId,
  LIVE_PATH,
  refusal,
  type ServerFrame,
  type SessionId,
  streamOfConversation,
} from '@parley/protocol';
import { type Server as SocketServer, WebSocketServer } from 'ws';
import type { ReadMove } from '../messages/read-cursors.ts';
import { problemOf, writeProblem } from '../problem.ts';
import { textFrame } from '../stream/frame.ts';
import { Connection } from './connection.ts';
import { Connections } from './connections.ts';
import type { LiveContext, LiveDeps } from './context.ts';
import { LiveSocket } from './live-socket.ts';
import { NodeMessages } from './node-messages.ts';
import { PresenceBoard } from './presence.ts';
import { UpgradeBudgets } from './upgrade-budgets.ts';

/** A stopping node says goodbye to one socket after the other: with this pause, and within this time. */
const GOODBYE_MS = 10;
const GOODBYES_MS = 6_000;
/** The regular look at all sockets. */
const TICK_MS = 1_000;
/**
 * How often ended sessions and moved read cursors are looked for in the database: with the time
 * that the looking takes, within two seconds.
 */
const RECHECK_MS = 1_500;

/** What the live side was doing at a moment, for the log and for metrics. */
export interface LiveFigures {
  readonly sockets: number;
  readonly accounts: number;
  /** Bytes that wait for readers, in all. */
  readonly buffered: number;
  /** Readers that took nothing for too long and were closed, since the start. */
  readonly stalled: number;
  /** Sockets whose readers are behind. */
  readonly congested: number;
}

/** The live sockets of this node: their upgrade, their heartbeat, and what concerns them all. */
export class Live {
  readonly #context: LiveContext;
  readonly #wss: SocketServer<typeof LiveSocket>;
  readonly #all = new Set<Connection>();
  readonly #upgrades: UpgradeBudgets;
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #nodes: NodeMessages;
  #stalled = 0;
  #draining = false;
  #rechecking = false;

  constructor(dependencies: LiveDeps) {
    const { limits } = dependencies;
    const presence = new PresenceBoard(
      (changes) => this.#broadcast({ op: 'presence', changes: [...changes] }),
      (changes) => this.#nodes.tellPresence(changes),
    );
    this.#nodes = new NodeMessages(
      dependencies.broker,
      presence,
      {
        read: (account, move) => this.#tellReadHere(account, move),
        sessionEnded: (session) => {
          dependencies.forgetSession(session);
          this.#closeSession(session);
        },
      },
      dependencies.log,
    );
    const connections = new Connections(limits, (oldest) =>
      oldest.close(CLOSE.tooManyConnections, 'restart', 60),
    );
    this.#context = {
      ...dependencies,
      connections,
      presence,
      tellTyping: (conversation, account) => this.#tellTyping(conversation, account),
      tellRead: (account, move) => this.tellRead(account, move),
      stalled: () => {
        this.#stalled++;
      },
    };
    this.#upgrades = new UpgradeBudgets(limits.commands !== 0);
    this.#wss = new WebSocketServer({
      noServer: true,
      WebSocket: LiveSocket,
      // Answered within the budget of frames (inbound.ts).
      autoPong: false,
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload: limits.frameBytes,
      maxFragments: 64,
      maxBufferedChunks: 1024,
    });
  }

  /** Takes upgrades of the HTTP server and starts the heartbeat. */
  attach(server: Server): void {
    server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
    this.#timers.push(
      setInterval(() => this.#tick(), TICK_MS),
      setInterval(() => void this.#recheck(), RECHECK_MS),
    );
  }

  /** The session is over: its sockets close now, on all nodes. */
  endSession(session: SessionId): void {
    this.#closeSession(session);
    this.#nodes.tellSessionEnded(session);
  }

  #closeSession(session: SessionId): void {
    for (const connection of [...this.#context.connections.ofSession(session)]) {
      connection.close(CLOSE.sessionEnded, 'session_ended');
    }
  }

  /** Tells of a moved read cursor: the account’s own sockets, and where it is small, all members. */
  tellRead(account: AccountId, move: ReadMove): void {
    this.#tellReadHere(account, move);
    this.#nodes.tellRead(account, move);
    if (!move.sendReceipts) return;
    const { conversation, readSeq } = move.cursor;
    this.#signal(conversation, account, { op: 'receipt', conversation, account, readSeq });
  }

  #tellReadHere(account: AccountId, { version, cursor }: ReadMove): void {
    for (const connection of this.#context.connections.of(account)) {
      if (version > connection.readVersion) connection.readVersion = version;
      if (connection.isReady) connection.send({ op: 'read', version, cursor });
    }
  }

  /** The sockets by state. */
  get states(): Readonly<Record<string, number>> {
    const counts: Record<string, number> = {};
    for (const { state } of this.#all) counts[state] = (counts[state] ?? 0) + 1;
    return counts;
  }

  /** Figures of this moment. */
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
   * Takes no more sockets, and says goodbye to all, spread over some seconds so that they do not
   * come back all at once. Resolves when all are gone.
   */
  async drain(): Promise<void> {
    this.#draining = true;
    for (const timer of this.#timers) clearInterval(timer);
    this.#context.presence.stop();
    this.#nodes.stop();
    const sockets = [...this.#all];
    const gone = sockets.map((c) => c.gone);
    const pause = Math.min(GOODBYE_MS, GOODBYES_MS / sockets.length);
    const begun = performance.now();
    for (const [i, connection] of sockets.entries()) {
      const wait = begun + i * pause - performance.now();
      if (wait > 5) await new Promise((resolve) => setTimeout(resolve, wait));
      connection.close(CLOSE.restart, 'restart', 0.2 + Math.random());
    }
    await Promise.all(gone);
  }

  // ---- upgrade --------------------------------------------------------------------------------

  #upgrade(request: IncomingMessage, duplex: Duplex, head: Buffer): void {
    const { log, isAllowedOrigin, addressOf } = this.#context;
    const onError = (error: Error) => log.debug({ err: error.message }, 'a socket failed early');
    duplex.on('error', onError);
    const path = request.url?.split('?', 1)[0];
    if (path !== LIVE_PATH) {
      writeProblem(duplex, problemOf(refusal('not_found')));
      return;
    }
    if (this.#draining) {
      writeProblem(duplex, problemOf(refusal('shutting_down', undefined, { retryAfter: 2 })));
      return;
    }
    const address = addressOf(request);
    // Before anything is logged, or the database is asked anything.
    if (!this.#upgrades.take(address)) {
      this.#context.metrics.limited('upgrades');
      const retryAfter = 1 + Math.floor(Math.random() * 4);
      writeProblem(duplex, problemOf(refusal('overloaded', undefined, { retryAfter })));
      return;
    }
    const { origin, host } = request.headers;
    if (!isAllowedOrigin(origin, host)) {
      log.info({ origin, host, address }, 'upgrade refused: foreign origin');
      writeProblem(duplex, problemOf(refusal('origin_not_allowed')));
      return;
    }
    if (!(duplex instanceof Socket)) {
      writeProblem(duplex, problemOf(refusal('internal')));
      return;
    }
    const socket = duplex;
    this.#wss.handleUpgrade(request, socket, head, (ws) => {
      socket.off('error', onError);
      socket.setNoDelay(true);
      const connection = new Connection(this.#context, ws, socket);
      this.#all.add(connection);
      ws.on('close', () => this.#all.delete(connection));
    });
  }

  // ---- regular looks --------------------------------------------------------------------------

  #tick(): void {
    const now = performance.now();
    for (const connection of this.#all) connection.tick(now);
    for (const connection of this.#context.connections.overUnread()) {
      this.#context.log.info({ buffered: connection.buffered }, 'account leaves too much unread');
      this.#stalled++;
      connection.close(CLOSE.tooSlow, 'too_slow', 2);
    }
  }

  /** What a lost message between nodes could have hidden: ended sessions, moved read cursors. */
  async #recheck(): Promise<void> {
    const { connections, liveSessions, readVersions, log } = this.#context;
    const { sessions, accounts } = connections;
    if (this.#rechecking || sessions.length === 0) return;
    this.#rechecking = true;
    try {
      const [alive, versions] = await Promise.all([liveSessions(sessions), readVersions(accounts)]);
      for (const session of sessions) if (!alive.has(session)) this.#closeSession(session);
      for (const [account, version] of versions) {
        for (const connection of connections.of(account)) {
          if (version > connection.readVersion) connection.readVersion = version;
        }
      }
    } catch (error) {
      log.warn({ err: error }, 'sessions could not be checked');
    } finally {
      this.#rechecking = false;
    }
  }

  // ---- signals --------------------------------------------------------------------------------

  #tellTyping(conversation: ConversationId, account: AccountId): void {
    this.#signal(conversation, account, { op: 'typing', conversation, account });
  }

  /** Tells the members, except one, on all nodes. */
  #signal(conversation: ConversationId, except: AccountId, frame: ServerFrame): void {
    this.#context.hub.signal(streamOfConversation(conversation), JSON.stringify(frame), except);
  }

  #broadcast(frame: ServerFrame): void {
    const frames = textFrame(JSON.stringify(frame));
    for (const connection of this.#all) {
      if (connection.isReady && !connection.congested) connection.write(frames);
    }
  }
}
