import type { Socket } from 'node:net';
import { addressKey } from '../limits/address-key.ts';

/** HTTP connections that one address may have open. */
export const CONNECTIONS_PER_ADDRESS = 512;

/** The limit of {@link OpenConnections}, and what it asks about sockets and addresses. */
export interface OpenConnectionsDeps {
  /** The maximum of one address; `Infinity` for no limit. */
  readonly perAddress: number;
  /** Whether a request of the connection is being served. */
  readonly isBusy: (socket: Socket) => boolean;
  /** Whether the address is a proxy, which has the connections of many clients. */
  readonly isProxy: (address: string) => boolean;
}

/**
 * Bounds the open HTTP connections of each address (IPv6: of each /64), so that one client cannot use up
 * the file descriptors of the process.
 *
 * An additional connection replaces the one that has been idle the longest, because browsers open
 * another when needed; if all others are busy, it is closed itself. WebSockets are not counted:
 * they are limited per account.
 */
export class OpenConnections {
  readonly #deps: OpenConnectionsDeps;
  /** The sockets of each address, in order of their last use. */
  readonly #byAddress = new Map<string, Set<Socket>>();
  readonly #addresses = new WeakMap<Socket, string>();

  constructor(deps: OpenConnectionsDeps) {
    this.#deps = deps;
  }

  /** Counts a new connection. */
  add(socket: Socket): void {
    const { perAddress, isProxy } = this.#deps;
    const { remoteAddress } = socket;
    if (remoteAddress === undefined || perAddress === Number.POSITIVE_INFINITY) return;
    if (isProxy(remoteAddress)) return;
    const address = addressKey(remoteAddress);
    const sockets = this.#byAddress.get(address) ?? new Set();
    this.#byAddress.set(address, sockets.add(socket));
    this.#addresses.set(socket, address);
    socket.once('close', () => this.remove(socket));
    if (sockets.size > perAddress) this.#closeIdle(sockets);
  }

  /** The connection is used, so others are closed before it. */
  used(socket: Socket): void {
    const sockets = this.#byAddress.get(this.#addresses.get(socket) ?? '');
    if (sockets?.delete(socket)) sockets.add(socket);
  }

  /** The connection is closed, or has become a WebSocket. */
  remove(socket: Socket): void {
    const address = this.#addresses.get(socket);
    if (address === undefined) return;
    this.#addresses.delete(socket);
    const sockets = this.#byAddress.get(address);
    if (sockets?.delete(socket) && sockets.size === 0) this.#byAddress.delete(address);
  }

  #closeIdle(sockets: Set<Socket>): void {
    for (const socket of sockets) {
      // The one that was just added is never busy.
      if (this.#deps.isBusy(socket)) continue;
      this.remove(socket);
      socket.destroy();
      return;
    }
  }
}
