/** What a line of the log may hold of values that come from outside. */
const TEXT_MAX = 400;
/** A stack has lines of our own, each bounded by the length of paths. */
export const STACK_MAX = 4_000;
const ITEMS_MAX = 20;
const DEPTH_MAX = 4;

/** Lines with the same level and words: so many in a window, the rest is counted. */
const REPEATS_MAX = 100;
const WINDOW_MS = 10_000;
/** Words are constant, so there are few; beyond this number they share one limit. */
const KEYS_MAX = 1_000;

/** Text cut to a length, with the number of characters that are missing. */
export function boundedText(text: string, max = TEXT_MAX): string {
  return text.length <= max
    ? text
    : `${text.slice(0, max).toWellFormed()}… (${text.length - max} more)`;
}

/**
 * A value with every text, list and object in it cut to a length, to be logged. Errors are left to
 * the serializer.
 */
export function bounded(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return boundedText(value);
  if (typeof value !== 'object' || value === null || value instanceof Error) return value;
  if (value instanceof Date) return value;
  if (depth >= DEPTH_MAX) return '[nested too deep]';
  if (Array.isArray(value)) {
    const items = value.slice(0, ITEMS_MAX).map((item) => bounded(item, depth + 1));
    const more = value.length - items.length;
    return more > 0 ? [...items, `… (${more} more)`] : items;
  }
  const entries = Object.entries(value);
  const kept = entries
    .slice(0, ITEMS_MAX)
    .map(([key, item]) => [boundedText(key), bounded(item, depth + 1)]);
  const more = entries.length - kept.length;
  return Object.fromEntries(more > 0 ? [...kept, ['…', `${more} more`]] : kept);
}

/**
 * Keeps lines that repeat from filling a disk: of each key so many are written in a window, the
 * others are counted and told in one line at its end.
 */
export class RepeatLimit {
  readonly #report: (key: string, suppressed: number) => void;
  readonly #counts = new Map<string, { written: number; suppressed: number }>();
  #windowEnd = 0;
  #timer: NodeJS.Timeout | null = null;

  /** `report` is called at the end of a window for each key of which lines were suppressed. */
  constructor(report: (key: string, suppressed: number) => void) {
    this.#report = report;
  }

  /** Whether another line of this key may be written; counts it otherwise. */
  take(wanted: string): boolean {
    const now = performance.now();
    if (now >= this.#windowEnd) this.flush();
    const key = this.#counts.has(wanted) || this.#counts.size < KEYS_MAX ? wanted : '';
    const count = this.#counts.get(key) ?? { written: 0, suppressed: 0 };
    this.#counts.set(key, count);
    if (count.written < REPEATS_MAX) {
      count.written++;
      return true;
    }
    count.suppressed++;
    if (!this.#timer) {
      this.#timer = setTimeout(() => this.flush(), this.#windowEnd - now);
      this.#timer.unref();
    }
    return false;
  }

  /** Ends the window: tells what was suppressed in it, and begins the next one. */
  flush(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    this.#windowEnd = performance.now() + WINDOW_MS;
    const ended = [...this.#counts];
    this.#counts.clear();
    for (const [key, { suppressed }] of ended) if (suppressed > 0) this.#report(key, suppressed);
  }
}
