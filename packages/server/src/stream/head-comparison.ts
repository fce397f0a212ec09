import type { Seq } from '@parley/protocol';
import type { Logger } from '../runtime/log.ts';
import type { StreamReader } from './read.ts';
import type { TopicFeed } from './topic-feed.ts';

/**
 * A head that is behind the database is compared again after this time: usually the events were
 * just committed and are about to be published.
 */
const RECHECK_MS = 250;

interface HeadComparisonDeps {
  readonly reader: StreamReader;
  readonly log: Logger;
  /** The time from one comparison to the next. */
  readonly intervalMs: () => number;
  /** Returns the feeds of all topics of this node. */
  readonly feeds: () => readonly TopicFeed[];
  /** Called when events are found that no hint announced. */
  readonly onMissed: () => void;
}

/**
 * Compares the heads of topics with the database, and announces missing events to their feeds:
 * regularly for all topics, and once for each new topic.
 */
export class HeadComparison {
  readonly #deps: HeadComparisonDeps;
  readonly #new = new Set<TopicFeed>();
  #timer: NodeJS.Timeout | null = null;
  #running = false;
  /** Requested while a comparison was running. */
  #repeat = false;

  constructor(deps: HeadComparisonDeps) {
    this.#deps = deps;
  }

  /** Starts the regular comparison. */
  start(): void {
    this.#timer = setTimeout(() => {
      if (!this.#running) void this.compare();
      this.start();
    }, this.#deps.intervalMs());
  }

  /** Stops the regular comparison. */
  stop(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
  }

  /** Compares all heads now, or again after the running comparison. */
  async compare(): Promise<void> {
    if (this.#running) {
      this.#repeat = true;
      return;
    }
    const feeds = this.#deps.feeds();
    if (feeds.length === 0) return;
    this.#running = true;
    this.#repeat = false;
    try {
      const late = await this.#behindDatabase(feeds);
      if (late.length === 0) return;
      await new Promise((resolve) => setTimeout(resolve, RECHECK_MS));
      for (const [feed, seq] of late) this.#announceMissed(feed, seq);
    } catch (error) {
      this.#deps.log.warn({ err: error }, 'head comparison failed');
    } finally {
      this.#running = false;
      if (this.#repeat) void this.compare();
    }
  }

  /** Checks a topic whose events may have been committed just before they were subscribed to. */
  confirm(feed: TopicFeed): void {
    this.#new.add(feed);
    if (this.#new.size > 1) return;
    // All new topics of this turn share one query.
    setImmediate(async () => {
      const feeds = [...this.#new];
      this.#new.clear();
      try {
        for (const [late, seq] of await this.#behindDatabase(feeds)) late.announce(seq);
      } catch (error) {
        // The regular comparison will find it.
        this.#deps.log.warn({ err: error }, 'head comparison failed');
      }
    });
  }

  #announceMissed(feed: TopicFeed, seq: Seq): void {
    // Its last subscription may have ended meanwhile.
    if (!feed.lacks(seq) || feed.filling) return;
    this.#deps.onMissed();
    const { head } = feed.topic;
    this.#deps.log.warn({ stream: feed.stream, head, seq }, 'missed events found');
    feed.missed(seq);
  }

  async #behindDatabase(feeds: readonly TopicFeed[]): Promise<[TopicFeed, Seq][]> {
    const heads = await this.#deps.reader.readHeads(feeds.map((feed) => feed.stream));
    const late: [TopicFeed, Seq][] = [];
    for (const feed of feeds) {
      const seq = heads.get(feed.stream);
      if (seq !== undefined && seq > feed.topic.head) late.push([feed, seq]);
    }
    return late;
  }
}
