import { Resolver } from 'node:dns/promises';
import http from 'node:http';
import https from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import type { Readable } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';

/** One HTTP request to an address that was checked. */

/** Why a request was not sent, or its answer is not used. The text is for the log of a test, never for users. */
export class FetchError extends Error {
  override name = 'FetchError';
}

/** What requests are sent with. */
export interface RequestRules {
  /** The value of the User-Agent header. */
  readonly userAgent: string;
  /** Returns whether connections to an address are allowed. */
  allows(address: string): boolean;
  /** Returns the addresses of a host name; not called for addresses. */
  resolve(host: string, signal: AbortSignal): Promise<readonly string[]>;
}

/** What pages are fetched with. */
export interface FetchRules extends RequestRules {
  readonly ports: readonly number[];
}

/** The headers of a response, and its body without its encoding. */
export interface FetchedResponse {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: Readable;
  /** Closes the connection. */
  close(): void;
}

/** Characters of a URL, also of one to which a page redirects. */
const URL_MAX = 2_000;
/** Headers of a response, in bytes. */
const HEADER_BYTES = 16 * 1024;
/** The time limit of one query to one name server, ms. */
const DNS_MS = 1_500;

/**
 * Returns a URL as it is fetched: without user name, password and fragment.
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
 * Resolves a host name by the name servers of the system. Not by getaddrinfo, which takes a thread of the
 * pool that reads files, for as long as a name server likes.
 */
export async function resolveHost(host: string, signal: AbortSignal): Promise<string[]> {
  const resolver = new Resolver({ timeout: DNS_MS, tries: 2 });
  const cancel = () => resolver.cancel();
  signal.addEventListener('abort', cancel, { once: true });
  try {
    const found = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)]);
    return found.flatMap((result) => (result.status === 'fulfilled' ? result.value : []));
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
 * Sends a request. The addresses of the host are checked, and the connection goes to one that was checked: the name
 * is not resolved a second time. It follows no redirect.
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
      // What is connected to is what was checked, whatever happens in between.
      if (rules.allows(received.socket.remoteAddress ?? '')) return resolve(received);
      request.destroy();
      reject(new FetchError('address'));
    });
    request.once('error', reject);
    // A server that switches protocols has no page.
    request.once('upgrade', (_response, socket) => {
      socket.destroy();
      reject(new FetchError('upgrade'));
    });
    request.end(body);
  });
  // Errors after the response are errors of its body.
  request.on('error', () => undefined);
  const close = () => void request.destroy();
  const { statusCode: status = 0, headers } = response;
  try {
    return { status, headers, body: decoded(response), close };
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
  // All of them: a name with a private address beside a public one is not a public site.
  if (!addresses.every((address) => rules.allows(address))) throw new FetchError('address');
  return first;
}

/** Returns the body without its encoding, piece by piece: the reader decides when it has enough. */
function decoded(response: http.IncomingMessage): Readable {
  const decoder = decoderOf(response.headers['content-encoding']);
  // A reader that has enough does not listen any more, and an error without a listener ends the process.
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
