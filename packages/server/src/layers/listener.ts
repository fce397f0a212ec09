import type { AddressInfo } from 'node:net';
import { HttpListener } from '../http-server/http-listener.ts';
import { CONNECTIONS_PER_ADDRESS } from '../http-server/open-connections.ts';
import { trustedProxy } from '../http-server/proxies.ts';
import type { LayerContext } from './context.ts';

/** The listening socket and its addresses. */
export interface ListenerLayer {
  readonly listener: HttpListener;
  /** The URL on this machine. */
  readonly address: string;
  /** The URL for users: PUBLIC_URL, or the address it listens on. */
  readonly url: string;
}

/** Opens the listening socket, which reports that the server is starting until the app takes over. */
export async function openListener({ config, onStop }: LayerContext): Promise<ListenerLayer> {
  const listener = await HttpListener.open(config.host, config.port, {
    perAddress: config.rateLimits ? CONNECTIONS_PER_ADDRESS : Number.POSITIVE_INFINITY,
    isProxy: trustedProxy(config.trustedProxies),
  });
  onStop(() => listener.close());
  const address = urlOf(config.host, listener.address);
  return { listener, address, url: config.publicUrl ?? address };
}

/** Returns the URL for a browser on this machine. */
function urlOf(host: string, { port, family }: AddressInfo): string {
  const any = host === '0.0.0.0' || host === '::';
  const name = any ? 'localhost' : family === 'IPv6' && host.includes(':') ? `[${host}]` : host;
  return `http://${name}:${port}`;
}
