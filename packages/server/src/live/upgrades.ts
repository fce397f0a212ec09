import type { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { LIVE_PATH, type Limits, refusal } from '@parley/protocol';
import { type Server as SocketServer, WebSocketServer } from 'ws';
import { problemOf, writeProblem } from '../http/problem.ts';
import { rejectSeveralHosts } from '../http/several-hosts.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { Logger } from '../runtime/log.ts';
import { LiveSocket } from './live-socket.ts';
import { UpgradeBudgets } from './upgrade-budgets.ts';

/** How requests are checked before they are upgraded. */
export interface UpgradeChecks {
  /** Whether a browser at this origin may open a connection to this host. */
  isAllowedOrigin(origin: string | undefined, host: string | undefined): boolean;
  /** Returns the client's address, also behind proxies; for IPv6, its /64. */
  addressOf(request: IncomingMessage): string;
}

interface UpgradeDeps extends UpgradeChecks {
  readonly limits: Limits;
  readonly metrics: Metrics;
  readonly log: Logger;
}

/** Upgrades HTTP requests to WebSockets, or rejects them with an HTTP response. */
export class Upgrades {
  readonly #deps: UpgradeDeps;
  readonly #onOpen: (ws: LiveSocket, socket: Socket) => void;
  readonly #wss: SocketServer<typeof LiveSocket>;
  readonly #budgets: UpgradeBudgets;
  #isDraining = false;

  /** `onOpen` is called with each WebSocket that was opened. */
  constructor(deps: UpgradeDeps, onOpen: (ws: LiveSocket, socket: Socket) => void) {
    const { limits } = deps;
    this.#deps = deps;
    this.#onOpen = onOpen;
    this.#budgets = new UpgradeBudgets(limits.commands !== 0);
    this.#wss = new WebSocketServer({
      noServer: true,
      WebSocket: LiveSocket,
      // Pings are answered within the budget of frames (inbound.ts).
      autoPong: false,
      // One frame of a socket in each turn of the event loop: one read of a client that floods its socket
      // may have 10,000 of them, and others would wait for all.
      allowSynchronousEvents: false,
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload: limits.frameBytes,
      maxFragments: 64,
      maxBufferedChunks: 1024,
    });
  }

  /** Rejects all further requests, because the node is stopping. */
  drain(): void {
    this.#isDraining = true;
  }

  /** Handles an `upgrade` event of the HTTP server. */
  handle(request: IncomingMessage, duplex: Duplex, head: Buffer): void {
    const { log, metrics, isAllowedOrigin, addressOf } = this.#deps;
    const onError = (error: Error) => log.debug({ err: error.message }, 'upgrade failed');
    duplex.on('error', onError);
    if (rejectSeveralHosts(request, duplex)) return;
    const path = request.url?.split('?', 1)[0];
    if (path !== LIVE_PATH) {
      writeProblem(duplex, problemOf(refusal('not_found')));
      return;
    }
    if (this.#isDraining) {
      writeProblem(duplex, problemOf(refusal('shutting_down', undefined, { retryAfter: 2 })));
      return;
    }
    const address = addressOf(request);
    // Before anything is logged or looked up.
    if (!this.#budgets.take(address)) {
      metrics.limited('upgrades');
      const retryAfter = 1 + Math.floor(Math.random() * 4);
      writeProblem(duplex, problemOf(refusal('overloaded', undefined, { retryAfter })));
      return;
    }
    const { origin, host } = request.headers;
    if (!isAllowedOrigin(origin, host)) {
      log.info({ origin, host, address }, 'upgrade rejected: origin not allowed');
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
      this.#onOpen(ws, socket);
    });
  }
}
