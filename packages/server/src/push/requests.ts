import { addressFilter } from '../outbound/addresses.ts';
import { FetchError, readUpTo, requestOnce, resolveHost } from '../outbound/fetch.ts';

/** Requests to push servers, whose addresses users enter: only https, and only to public addresses. */

/** The result of an attempt to send a notification. */
export type PushResult =
  | { readonly kind: 'sent' }
  /** The device no longer exists. */
  | { readonly kind: 'gone'; readonly error: string }
  /** Retrying cannot succeed. */
  | { readonly kind: 'failed'; readonly error: string }
  | {
      readonly kind: 'retry';
      readonly error: string;
      /** The delay that the push server requires, ms. */
      readonly afterMs?: number;
      /** Whether the push server could not be reached at all. */
      readonly isUnreachable?: boolean;
    };

/** A request to a push server. */
export interface PushRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** The time limit of an attempt, ms. */
const ATTEMPT_MS = 10_000;
/** Bytes of a response that are read. */
const RESPONSE_BYTES = 4 * 1024;
/** The longest delay that a push server may demand, ms. */
const RETRY_AFTER_MAX_MS = 3_600_000;

/** Sends notifications to push servers. */
export class PushRequests {
  readonly #userAgent: string;
  readonly #allows: (address: string) => boolean;
  readonly #isPrivate: (address: string) => boolean;
  readonly #hasPrivate: boolean;

  /** `networks`: private addresses and networks that are allowed, even without TLS. */
  constructor(networks: readonly string[], userAgent: string) {
    this.#userAgent = userAgent;
    this.#allows = addressFilter(networks);
    const isPublic = addressFilter([]);
    this.#isPrivate = (address) => !isPublic(address) && this.#allows(address);
    this.#hasPrivate = networks.length > 0;
  }

  /** Returns whether the form of a URL permits sending notifications to it. */
  mayUse(text: string): boolean {
    if (!URL.canParse(text)) return false;
    const { protocol, hostname, username, password } = new URL(text);
    if (username !== '' || password !== '' || hostname === '') return false;
    if (protocol !== 'https:' && !(protocol === 'http:' && this.#hasPrivate)) return false;
    const host = hostname.replace(/^\[|\]$/g, '');
    const isAddress = /^[\d.]+$/.test(host) || host.includes(':');
    return !isAddress || (protocol === 'https:' ? this.#allows(host) : this.#isPrivate(host));
  }

  /** Sends a request and returns the result. Never rejects. */
  async send({ url: text, headers, body }: PushRequest): Promise<PushResult> {
    if (!this.mayUse(text)) return { kind: 'failed', error: 'The address is not allowed' };
    const url = new URL(text);
    const rules = {
      userAgent: this.#userAgent,
      allows: url.protocol === 'https:' ? this.#allows : this.#isPrivate,
      resolve: resolveHost,
    };
    const signal = AbortSignal.timeout(ATTEMPT_MS);
    try {
      const response = await requestOnce(url, { method: 'POST', headers, body }, rules, signal);
      await readUpTo(response, RESPONSE_BYTES);
      return resultOf(response.status, response.headers['retry-after']);
    } catch (error) {
      if (error instanceof FetchError && error.message === 'address') {
        return { kind: 'failed', error: 'The address of the push server is not public' };
      }
      const code = (error as { code?: unknown }).code;
      const what = signal.aborted ? 'did not answer in time' : 'could not be reached';
      const why = typeof code === 'string' ? ` (${code.slice(0, 40)})` : '';
      return { kind: 'retry', error: `The push server ${what}${why}`, isUnreachable: true };
    }
  }
}

/** Returns what an answer means (RFC 8030). */
function resultOf(status: number, retryAfter: string | undefined): PushResult {
  if (status >= 200 && status < 300) return { kind: 'sent' };
  const error = `The push server answered with ${status}`;
  if (status === 404 || status === 410) return { kind: 'gone', error };
  if (status === 429 || status >= 500 || status === 408) {
    const afterMs = millisecondsOf(retryAfter);
    return { kind: 'retry', error, ...(afterMs !== undefined && { afterMs }) };
  }
  return { kind: 'failed', error };
}

/** Returns the delay of a Retry-After header (RFC 9110 §10.2.3): seconds, or a date. */
function millisecondsOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const ms = /^\d+$/.test(text) ? +text * 1000 : Date.parse(text) - Date.now();
  return Number.isFinite(ms) ? Math.min(Math.max(ms, 0), RETRY_AFTER_MAX_MS) : undefined;
}
