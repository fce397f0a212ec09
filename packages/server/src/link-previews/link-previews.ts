import { type AccountId, LIMITS, type LinkPreview } from '@parley/protocol';
import { linksIn } from '@parley/protocol/markdown';
import type pg from 'pg';
import { mayHaveLinks } from '../messages/content/link-previews.ts';
import { publishPreviews } from '../messages/preview-rules.ts';
import { BackgroundWorker } from '../runtime/background-worker.ts';
import type { Logger } from '../runtime/log.ts';
import type { ServerSettings } from '../settings/server-settings.ts';
import { type Append, assertStored } from '../stream/append.ts';
import { dataOf, type StoredEvent } from '../stream/record.ts';
import { AccountBudget } from './account-budget.ts';
import type { CachedPreview, LinkCache } from './cache.ts';
import type { Fetcher } from './fetcher.ts';
import type { PreviewImages } from './images.ts';
import { type ClaimedJob, claimJob, deferJob, endJob } from './jobs.ts';
import { metadataOf } from './page-metadata.ts';

/** Messages whose links are fetched at a time, and those of one author: slow pages delay no one else's. */
const JOBS_MAX = 8;
const JOBS_PER_AUTHOR = 3;
/** Bytes of a page, without its encoding, that are read. */
const PAGE_BYTES = 1024 * 1024;
/** Bytes of an image. */
const IMAGE_BYTES = 5 * 1024 * 1024;
/** The time limit of all links of a message, ms; later ones get no preview. */
const JOB_MS = 30_000;
/** Attempts of a job: a node may be killed, or the database unreachable. */
const ATTEMPTS_MAX = 3;
/** The delay of another attempt, in seconds. */
const RETRY_SECONDS = 30;
/** The interval of the search for jobs that other nodes left, ms. */
const POLL_MS = 5_000;
/** The interval at which the cache is swept, ms. */
const SWEEP_MS = 600_000;
const NOT_PUBLISHED = 'Link previews were not published';

interface LinkPreviewsDeps {
  readonly pool: pg.Pool;
  readonly append: Append;
  readonly log: Logger;
  readonly settings: Pick<ServerSettings, 'current'>;
  readonly fetcher: Fetcher;
  readonly images: PreviewImages;
  readonly cache: LinkCache;
  /** The origin of this server: the web client shows links to its own messages itself. */
  readonly ownOrigin: string;
}

/**
 * Fetches the pages that messages link to, after the messages were acknowledged, and publishes
 * their metadata as an event of the conversation. It runs on every node.
 *
 * 1. A message with links has a row in `link_jobs`, stored with the message. One node claims it; if
 *    that node is killed, another one claims it later. The event is stored in the transaction that
 *    deletes the row.
 * 2. What was fetched for an earlier text is not published, nor is anything of a deleted or hidden message.
 * 3. Whatever a page does, it costs bounded time, memory and connections.
 */
export class LinkPreviews {
  readonly #deps: LinkPreviewsDeps;
  readonly #worker: BackgroundWorker;
  readonly #sweeper: BackgroundWorker;
  readonly #links = new AccountBudget();
  readonly #texts = new AccountBudget();
  readonly #stopping = new AbortController();
  /**
   * Whether there may be new jobs since the last search, and the callback that is waiting for them.
   */
  #hasNew = false;
  #onNew: (() => void) | undefined;
  /** Results that are being fetched, by URL: several messages with a link wait for one request. */
  readonly #fetching = new Map<string, Promise<CachedPreview>>();

  constructor(deps: LinkPreviewsDeps) {
    this.#deps = deps;
    const { log, cache } = deps;
    this.#worker = new BackgroundWorker({
      work: (isStopped) => this.#work(isStopped),
      pollMs: POLL_MS,
      retryMs: POLL_MS,
      onError: (error) => log.warn({ err: error }, 'link previews not created, will be retried'),
    });
    this.#sweeper = new BackgroundWorker({
      work: (isStopped) => cache.sweep(isStopped),
      pollMs: SWEEP_MS,
      retryMs: SWEEP_MS,
      onError: (error) => log.warn({ err: error }, 'link cache cleanup failed, will be retried'),
    });
  }

  /** Creates previews until {@link stop}. */
  start(): void {
    this.#worker.start();
    this.#sweeper.start();
  }

  /** Stops; what is being fetched is left to other nodes, or to the next start. */
  async stop(): Promise<void> {
    this.#stopping.abort(new Error('The server is stopping'));
    await this.#worker.stop();
    await this.#sweeper.stop();
  }

  /** Takes note of committed events. */
  committed(events: readonly StoredEvent[]): void {
    if (!events.some(hasNewLinks)) return;
    this.#hasNew = true;
    this.#onNew?.();
    this.#worker.wake();
  }

  /** Runs jobs up to the limit, until none is due. */
  async #work(isStopped: () => boolean): Promise<void> {
    const running = new Map<Promise<void>, AccountId>();
    for (;;) {
      this.#hasNew = false;
      const mayTake = !isStopped() && running.size < JOBS_MAX;
      const job = mayTake ? await claimJob(this.#deps.pool, busyOf(running.values())) : undefined;
      if (job) {
        const done = this.#attempt(job).finally(() => running.delete(done));
        running.set(done, job.author);
        continue;
      }
      if (running.size === 0) return;
      // A new job does not wait for running ones.
      const isNew = new Promise<void>((resolve) => {
        this.#onNew = resolve;
      });
      if (!this.#hasNew) await Promise.race([...running.keys(), isNew]);
    }
  }

  async #attempt(job: ClaimedJob): Promise<void> {
    const { pool, log } = this.#deps;
    try {
      await this.#run(job);
    } catch (error) {
      // A stop is not a failure of the job.
      if (this.#stopping.signal.aborted) return await this.#defer(job, 0);
      log.warn(
        { err: error, conversation: job.conversation, message: job.message },
        'link previews of a message failed',
      );
      if (job.attempts < ATTEMPTS_MAX) await this.#defer(job, RETRY_SECONDS);
      else await endJob(pool, job).catch((err) => log.warn({ err }, 'link job not completed'));
    }
  }

  async #defer(job: ClaimedJob, seconds: number): Promise<void> {
    try {
      await deferJob(this.#deps.pool, job, seconds);
    } catch (error) {
      // It is due again when the lease ends.
      this.#deps.log.warn({ err: error }, 'link job not deferred');
    }
  }

  async #run(job: ClaimedJob): Promise<void> {
    const { pool, append, settings, ownOrigin } = this.#deps;
    const isOn = job.isOn && settings.current.linkPreviews;
    if (job.attempts <= ATTEMPTS_MAX && isOn && this.#texts.takeText(job.author, job.body)) {
      const links = linksToPreview(job.body, ownOrigin);
      const signal = AbortSignal.any([this.#stopping.signal, AbortSignal.timeout(JOB_MS)]);
      const fetched = await Promise.all(links.map((url) => this.#preview(job, url, signal)));
      this.#stopping.signal.throwIfAborted();
      const previews = fetched.flatMap((preview) => preview ?? []);
      assertStored(await publishPreviews(append, job, links, previews), NOT_PUBLISHED);
    }
    await endJob(pool, job);
  }

  /** Returns the preview of a link; null if there is none. */
  async #preview(job: ClaimedJob, url: string, signal: AbortSignal): Promise<LinkPreview | null> {
    const { cache, log } = this.#deps;
    const cached = await cache.get(url);
    if (cached !== undefined) return cached && { url, ...cached };
    const other = this.#fetching.get(url);
    if (!other && !this.#links.take(job.author)) {
      log.info({ account: job.author }, 'link previews of an account limited');
      return null;
    }
    const fetching = other ?? this.#fetch(url, signal).finally(() => this.#fetching.delete(url));
    this.#fetching.set(url, fetching);
    const preview = await fetching;
    return preview && { url, ...preview };
  }

  /** Fetches a page and its image, and keeps the result. */
  async #fetch(url: string, signal: AbortSignal): Promise<CachedPreview> {
    const { fetcher, cache, log } = this.#deps;
    let preview: CachedPreview = null;
    try {
      const metadata = await metadataOf(await fetcher.page(url, PAGE_BYTES, signal));
      if (metadata) {
        const { image: at, ...texts } = metadata;
        const image = at === undefined ? null : await this.#image(at, signal);
        preview = { ...texts, ...(image && { image }) };
      }
    } catch (error) {
      this.#stopping.signal.throwIfAborted();
      // The time limit of the message says nothing about the page, which may only have waited for
      // its turn.
      if (signal.aborted) return null;
      // Neither the URL nor the content of the page is logged.
      log.debug({ reason: reasonOf(error) }, 'page of a link not fetched');
    }
    await cache.put(url, preview);
    return preview;
  }

  async #image(url: string, signal: AbortSignal) {
    const { fetcher, images, log } = this.#deps;
    let bytes: Buffer;
    try {
      ({ bytes } = await fetcher.image(url, IMAGE_BYTES, signal));
    } catch (error) {
      this.#stopping.signal.throwIfAborted();
      log.debug({ reason: reasonOf(error) }, 'image of a link not fetched');
      return null;
    }
    return await images.store(bytes);
  }
}

/** Returns the authors whose jobs are not claimed for now. */
function busyOf(running: Iterable<AccountId>): AccountId[] {
  const counts = new Map<AccountId, number>();
  for (const author of running) counts.set(author, (counts.get(author) ?? 0) + 1);
  return [...counts].filter(([, count]) => count >= JOBS_PER_AUTHOR).map(([author]) => author);
}

const reasonOf = (error: unknown): string =>
  error instanceof Error ? ((error as NodeJS.ErrnoException).code ?? error.name) : 'unknown';

function hasNewLinks(event: StoredEvent): boolean {
  if (event.type === 'message.edited' || event.type === 'message.unhidden') return true;
  // Most posts have no link, and need not be parsed. JSON text does not escape slashes.
  if (event.type !== 'message.posted' || !event.data.includes('://')) return false;
  return mayHaveLinks(dataOf(event, 'message.posted').body);
}

/**
 * Returns the links of a text that get a preview, in order. Links to the server itself do not count, nor do those that
 * are no valid URLs, such as `http://999.1.1.1/`.
 */
export const linksToPreview = (body: string, ownOrigin: string): string[] =>
  linksIn(body)
    .filter((url) => url.length <= LIMITS.previewUrlCharacters && URL.canParse(url))
    .filter((url) => new URL(url).origin !== ownOrigin)
    .slice(0, LIMITS.previewsPerMessage);
