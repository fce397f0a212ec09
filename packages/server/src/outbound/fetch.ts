import { Resolver } from 'node:dns/promises';
import http from 'node:http';
import https from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import type { Readable } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';

/** One HTTP request to a checked address. */

/**
 * The reason why a request was not sent or its response is not used. For test logs, never for
 * users.
 */
export class FetchError extends Error {
  override name = 'FetchError';
}

/** The rules for requests. */
export interface RequestRules {
  /** The value of the User-Agent header. */
  readonly userAgent: string;
  /** Returns whether connections to an address are allowed. */
  allows(address: string): boolean;
  /** Returns the addresses of a host name; not called for addresses. */
  resolve(host: string, signal: AbortSignal): Promise<readonly string[]>;
}

/** The rules for fetching pages. */
export interface FetchRules extends RequestRules {
  readonly ports: readonly number[];
}

/** The headers of a response, and its decoded body. */
export interface FetchedResponse {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: Readable;
  /** Closes the connection. */
  close(): void;
}

/** The maximum length of a URL, including those of redirects. */
const URL_MAX = 2_000;
/** The maximum size of the response headers, bytes. */
const HEADER_BYTES = 16 * 1024;
/** The time limit of one query to one name server, ms. */
const DNS_MS = 1_500;

/**
 * Returns the URL to fetch: without user name, password and fragment.
 * @throws {FetchError} if it may not be fetched
 */
export function fetchable(url: string, { ports }: Pick<FetchRules, 'ports'>): URL {
  if (url.length > URL_MAX || !URL.canParse(url)) throw new FetchError('not a URL');
  const parsed = new URL(url);
  if (parsed.protocol !== 'http:' && parsed.protocol !== 'https:') throw new FetchError('scheme');
  const port = parsed.port === '' ? (parsed.protocol === 'http:' ? 80 : 443) : +parsed.port;
  if (!ports.includes(port)) throw new FetchError('port');
  if (parsed.hostname === '') throw new FetchError('host');
  parsed.username = '';
  parsed.password = '';
  parsed.hash = '';
  return parsed;
}

/**
 * Resolves a host name with the name servers of the system. It does not use getaddrinfo, which
 * would occupy a thread of the pool for file access until the name server responds.
 */
export async function resolveHost(host: string, signal: AbortSignal): Promise<string[]> {
  const resolver = new Resolver({ timeout: DNS_MS, tries: 2 });
  const cancel = () => resolver.cancel();
  signal.addEventListener('abort', cancel, { once: true });
  try {
    const lookups = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)]);
    return lookups.flatMap((result) => (result.status === 'fulfilled' ? result.value : []));
  } finally {
    signal.removeEventListener('abort', cancel);
  }
}

/**
 * Sends a GET request like {@link requestOnce}, without cookies and credentials.
 *
 * @throws {FetchError} if an address of the host may not be used
 */
export const fetchOnce = (
  url: URL,
  accept: string,
  rules: RequestRules,
  signal: AbortSignal,
): Promise<FetchedResponse> =>
  requestOnce(
    url,
    { method: 'GET', headers: { accept, 'accept-encoding': 'gzip, deflate, br' } },
    rules,
    signal,
  );

/** A request to send. */
export interface CheckedRequest {
  readonly method: 'GET' | 'POST';
  readonly headers: http.OutgoingHttpHeaders;
  readonly body?: Buffer;
}

/**
 * Sends a request. The addresses of the host are checked, and the connection uses a checked one:
 * the name is not resolved a second time. It does not follow redirects.
 *
 * @throws {FetchError} if an address of the host may not be used
 */
export async function requestOnce(
  url: URL,
  { method, headers: sent, body }: CheckedRequest,
  rules: RequestRules,
  signal: AbortSignal,
): Promise<FetchedResponse> {
  const address = await checkedAddress(url, rules, signal);
  const isSecure = url.protocol === 'https:';
  const host = bareHost(url);
  const lookup: LookupFunction = (_host, options, callback) => {
    const family = isIP(address);
    if (options.all) callback(null, [{ address, family }]);
    else callback(null, address, family);
  };
  const options: https.RequestOptions = {
    host,
    port: url.port === '' ? (isSecure ? 443 : 80) : url.port,
    path: `${url.pathname}${url.search}`,
    lookup,
    agent: false,
    maxHeaderSize: HEADER_BYTES,
    signal,
    method,
    headers: {
      ...sent,
      host: url.host,
      'user-agent': rules.userAgent,
      connection: 'close',
      ...(body && { 'content-length': body.length }),
    },
    ...(isSecure && isIP(host) === 0 && { servername: host }),
  };
  const request = (isSecure ? https : http).request(options);
  const response = await new Promise<http.IncomingMessage>((resolve, reject) => {
    request.once('response', (received) => {
      // A second line of defense: `lookup` already pins the connection to the checked address.
      if (rules.allows(received.socket.remoteAddress ?? '')) return resolve(received);
      request.destroy();
      reject(new FetchError('address'));
    });
    request.once('error', reject);
    // A server that switches protocols sends no page.
    request.once('upgrade', (_response, socket) => {
      socket.destroy();
      reject(new FetchError('upgrade'));
    });
    request.end(body);
  });
  // Errors after the response concern its body.
  request.on('error', () => undefined);
  const close = () => void request.destroy();
  const { statusCode: status = 0, headers } = response;
  try {
    return { status, headers, body: decodedBody(response), close };
  } catch (error) {
    close();
    throw error;
  }
}

/** Returns the host without the brackets of an IPv6 address. */
const bareHost = ({ hostname }: URL): string =>
  hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;

async function checkedAddress(url: URL, rules: RequestRules, signal: AbortSignal): Promise<string> {
  const host = bareHost(url);
  // The URL parser has converted other forms of IPv4 addresses, such as 0x7f.1 and 2130706433.
  const addresses = isIP(host) === 0 ? await rules.resolve(host, signal) : [host];
  signal.throwIfAborted();
  const [first] = addresses;
  if (first === undefined) throw new FetchError('no address');
  // All of them: a name with both a private and a public address is not a public site.
  if (!addresses.every((address) => rules.allows(address))) throw new FetchError('address');
  return first;
}

/** Returns the decoded body as a stream: the reader decides when it has enough. */
function decodedBody(response: http.IncomingMessage): Readable {
  const decoder = decoderOf(response.headers['content-encoding']);
  // A reader that has enough no longer listens, and an error without a listener would end the
  // process.
  response.on('error', () => undefined);
  if (!decoder) return response;
  decoder.on('error', () => undefined);
  response.on('error', (error) => decoder.destroy(error));
  response.on('aborted', () => decoder.destroy(new FetchError('aborted')));
  return response.pipe(decoder);
}

function decoderOf(encoding: string | undefined) {
  switch (encoding?.trim().toLowerCase()) {
    case undefined:
    case '':
    case 'identity':
      return null;
    case 'gzip':
    case 'x-gzip':
      return createGunzip();
    case 'deflate':
      return createInflate();
    case 'br':
      return createBrotliDecompress();
    default:
      throw new FetchError('encoding');
  }
}

/** Reads at most `max` bytes of a body; the rest is never read. */
export async function readUpTo(
  { body, close }: FetchedResponse,
  max: number,
): Promise<{ bytes: Buffer; isWhole: boolean }> {
  const pieces: Buffer[] = [];
  let length = 0;
  try {
    for await (const piece of body) {
      const bytes = piece as Buffer;
      pieces.push(bytes.subarray(0, max - length));
      length += bytes.length;
      if (length > max) return { bytes: Buffer.concat(pieces), isWhole: false };
    }
    return { bytes: Buffer.concat(pieces), isWhole: true };
  } finally {
    close();
  }
}
