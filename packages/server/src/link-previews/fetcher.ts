import robots from 'robots-parser';
import { ConcurrencyLimit } from '../limits/concurrency.ts';
import {
  FetchError,
  type FetchedResponse,
  type FetchRules,
  fetchable,
  fetchOnce,
  readUpTo,
} from '../outbound/fetch.ts';
import { rulesFor } from './robots-text.ts';

/** The name for which robots.txt may have rules. */
export const ROBOT = 'ParleyLinkPreview';

/** Redirects of a page or image. */
const REDIRECTS_MAX = 3;
/** The time limit of a page with its redirects and robots.txt, and of an image with its own, ms. */
const FETCH_MS = 5_000;
/** Bytes of robots.txt that are read. */
const ROBOTS_BYTES = 32 * 1024;
/** How long the rules of a site are kept, and of how many sites. */
const ROBOTS_MS = 3_600_000;
const ROBOTS_MAX = 500;
/** Links to one host that are fetched at a time, and requests that wait for the headers of one host. */
const PER_HOST = 2;
const REQUESTS_PER_HOST = 4;

/** The kinds of fetches: the Accept header, and the accepted media types. */
interface Kind {
  readonly accept: string;
  readonly isType: (type: string) => boolean;
}

const PAGE: Kind = {
  accept: 'text/html,application/xhtml+xml',
  isType: (type: string) => type === 'text/html' || type === 'application/xhtml+xml',
};
const IMAGE: Kind = {
  accept: 'image/webp,image/png,image/jpeg,image/gif',
  isType: (type: string) => type.startsWith('image/'),
};

/** A fetched body, and its final URL. */
export interface Fetched {
  readonly url: URL;
  readonly contentType: string;
  readonly bytes: Buffer;
}

/** The package is a function, whatever its types say. */
const robotsParser = robots as unknown as typeof robots.default;
type Robot = ReturnType<typeof robotsParser>;

interface Rules {
  readonly robot: Robot | 'none' | 'all';
  readonly until: number;
}

/** Fetches pages and their images: with redirects, as robots.txt allows, and within bounds. */
export class Fetcher {
  readonly #rules: FetchRules;
  readonly #links = new ConcurrencyLimit(PER_HOST);
  readonly #requests = new ConcurrencyLimit(REQUESTS_PER_HOST);
  readonly #robots = new Map<string, Rules>();

  constructor(rules: FetchRules) {
    this.#rules = rules;
  }

  /**
   * Fetches the start of a page, at most `max` bytes of it.
   * @throws {FetchError} or an error of the network if there is none
   */
  async page(url: string, max: number, signal: AbortSignal): Promise<Fetched> {
    return this.#within(url, signal, async (inTime) => {
      const { url: at, response } = await this.#follow(url, PAGE, inTime);
      const { bytes } = await readUpTo(response, max);
      return { url: at, contentType: response.headers['content-type'] ?? '', bytes };
    });
  }

  /**
   * Fetches an image of at most `max` bytes.
   * @throws {FetchError} or an error of the network if there is none
   */
  async image(url: string, max: number, signal: AbortSignal): Promise<Fetched> {
    return this.#within(url, signal, async (inTime) => {
      const { url: at, response } = await this.#follow(url, IMAGE, inTime);
      const { bytes, isWhole } = await readUpTo(response, max);
      if (!isWhole) throw new FetchError('too large');
      return { url: at, contentType: response.headers['content-type'] ?? '', bytes };
    });
  }

  /** Runs the work when it is the turn of the URL’s host, and aborts it after the time limit. */
  #within<T>(
    url: string,
    signal: AbortSignal,
    work: (inTime: AbortSignal) => Promise<T>,
  ): Promise<T> {
    return this.#links.run(fetchable(url, this.#rules).host, async () => {
      signal.throwIfAborted();
      const timeout = new AbortController();
      const timer = setTimeout(() => timeout.abort(new FetchError('timeout')), FETCH_MS);
      try {
        return await work(AbortSignal.any([signal, timeout.signal]));
      } finally {
        clearTimeout(timer);
      }
    });
  }

  async #follow(
    from: string,
    kind: Kind,
    signal: AbortSignal,
  ): Promise<{ url: URL; response: FetchedResponse }> {
    let url = fetchable(from, this.#rules);
    for (let redirects = 0; ; redirects++) {
      if (!(await this.#mayFetch(url, signal))) throw new FetchError('robots.txt');
      const response = await this.#requestOnce(url, kind.accept, signal);
      const { status, headers } = response;
      try {
        if (status === 200) {
          const [type = ''] = (headers['content-type'] ?? '').split(';');
          if (!kind.isType(type.trim().toLowerCase())) throw new FetchError('type');
          return { url, response };
        }
        const location = headers.location;
        if (!isRedirect(status) || location === undefined) throw new FetchError(`status ${status}`);
        if (redirects === REDIRECTS_MAX) throw new FetchError('redirects');
        if (!URL.canParse(location, url.href)) throw new FetchError('location');
        url = fetchable(new URL(location, url).href, this.#rules);
      } catch (error) {
        response.close();
        throw error;
      }
      response.close();
    }
  }

  /** Sends a request when it is the turn of the host; resolves with the headers of the response. */
  #requestOnce(url: URL, accept: string, signal: AbortSignal): Promise<FetchedResponse> {
    return this.#requests.run(url.host, () => {
      signal.throwIfAborted();
      return fetchOnce(url, accept, this.#rules, signal);
    });
  }

  async #mayFetch(url: URL, signal: AbortSignal): Promise<boolean> {
    const { origin } = url;
    let rules = this.#robots.get(origin);
    if (!rules || rules.until <= performance.now()) {
      rules = {
        robot: await this.#readRobots(origin, signal),
        until: performance.now() + ROBOTS_MS,
      };
      this.#robots.delete(origin);
      this.#robots.set(origin, rules);
      // The oldest one.
      for (const first of this.#robots.keys()) {
        if (this.#robots.size <= ROBOTS_MAX) break;
        this.#robots.delete(first);
      }
    }
    if (rules.robot === 'none' || rules.robot === 'all') return rules.robot === 'all';
    return rules.robot.isAllowed(url.href, ROBOT) !== false;
  }

  /**
   * Reads robots.txt (RFC 9309): without one everything is allowed; after an error of the server, or if it is too
   * expensive to compare addresses with, nothing.
   */
  async #readRobots(origin: string, signal: AbortSignal): Promise<Rules['robot']> {
    let url = fetchable(`${origin}/robots.txt`, this.#rules);
    for (let redirects = 0; redirects <= REDIRECTS_MAX; redirects++) {
      const response = await this.#requestOnce(url, 'text/plain', signal);
      const { status, headers } = response;
      if (status === 200) {
        const { bytes, isWhole } = await readUpTo(response, ROBOTS_BYTES);
        const text = bytes.toString('utf8');
        // A partial line could forbid more or less than the complete one.
        const lines = isWhole ? text : text.slice(0, text.lastIndexOf('\n') + 1);
        const own = rulesFor(ROBOT, lines);
        return own === null ? 'none' : robotsParser(`${origin}/robots.txt`, own);
      }
      response.close();
      if (!isRedirect(status)) return status >= 500 ? 'none' : 'all';
      const { location } = headers;
      if (location === undefined || !URL.canParse(location, url.href)) return 'all';
      url = fetchable(new URL(location, url).href, this.#rules);
    }
    return 'all';
  }
}

const isRedirect = (status: number): boolean => [301, 302, 303, 307, 308].includes(status);
