/** The maximum length of a text in the log. */
const TEXT_MAX = 400;
/** The maximum length of a stack trace. */
export const STACK_MAX = 4_000;
const ITEMS_MAX = 20;
const DEPTH_MAX = 4;

/** The maximum number of lines with the same level and message in a window. */
const REPEATS_MAX = 100;
const WINDOW_MS = 10_000;
/** The maximum number of distinct keys; further ones share one limit. */
const KEYS_MAX = 1_000;

/** Truncates text, and appends the number of omitted characters. */
export function boundedText(text: string, max = TEXT_MAX): string {
  return text.length <= max
    ? text
    : `${text.slice(0, max).toWellFormed()}… (${text.length - max} more)`;
}

/**
 * Truncates every text, list and object in a value for the log. Errors are handled by the
 * serializer.
 */
export function bounded(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return boundedText(value);
  if (typeof value !== 'object' || value === null || value instanceof Error) return value;
  if (value instanceof Date) return value;
  if (depth >= DEPTH_MAX) return '[nested too deeply]';
  if (Array.isArray(value)) {
    const items = value.slice(0, ITEMS_MAX).map((item) => bounded(item, depth + 1));
    const more = value.length - items.length;
    return more > 0 ? [...items, `… (${more} more)`] : items;
  }
  const entries = Object.entries(value);
  const firstEntries = entries
    .slice(0, ITEMS_MAX)
    .map(([key, item]) => [boundedText(key), bounded(item, depth + 1)]);
  const more = entries.length - firstEntries.length;
  return Object.fromEntries(more > 0 ? [...firstEntries, ['…', `${more} more`]] : firstEntries);
}

/**
 * Keeps repeated lines from filling the disk: only a limited number per key is written in each
 * window; the others are counted and reported in one line at its end.
 */
export class RepeatLimit {
  readonly #report: (key: string, suppressed: number) => void;
  readonly #counts = new Map<string, { written: number; suppressed: number }>();
  #windowEnd = 0;
  #timer: NodeJS.Timeout | null = null;

  /** `report` is called at the end of a window for each key with suppressed lines. */
  constructor(report: (key: string, suppressed: number) => void) {
    this.#report = report;
  }

  /** Returns whether another line of this key may be written; counts it otherwise. */
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

  /** Ends the window, reports what was suppressed, and starts the next one. */
  flush(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    this.#windowEnd = performance.now() + WINDOW_MS;
    const ended = [...this.#counts];
    this.#counts.clear();
    for (const [key, { suppressed }] of ended) if (suppressed > 0) this.#report(key, suppressed);
  }
}
