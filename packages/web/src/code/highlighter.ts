import type { HighlightReport, HighlightRequest } from './highlight.worker.ts';
import type { Language } from './languages.ts';
import type { Token } from './tokens.ts';

/**
 * A text remains plain if highlighting takes longer, ms: grammars can be very slow on hostile text.
 */
export const HIGHLIGHT_MS = 1_000;
/** The cache keeps highlighted texts up to this total number of characters. */
const KEPT_CHARACTERS = 500_000;

/** The part of a `Worker` that is used. */
export interface HighlightWorker {
  onmessage: ((event: MessageEvent<HighlightReport>) => void) | null;
  onerror: ((event: ErrorEvent) => void) | null;
  postMessage(request: HighlightRequest): void;
  terminate(): void;
}

/** A waiting text, and the listeners for its tokens. */
interface Waiting extends HighlightRequest {
  readonly key: string;
  readonly listeners: Set<(tokens: readonly Token[] | null) => void>;
}

/**
 * Highlights texts in a worker, one at a time and each once. A worker that takes too long is
 * terminated, and the text stays plain.
 */
export class Highlighter {
  readonly #start: () => HighlightWorker;
  #worker: HighlightWorker | null = null;
  /** In the order of the requests; the first one is in the worker. */
  readonly #waiting = new Map<string, Waiting>();
  #current: Waiting | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** The results, the least recently used first. */
  readonly #cache = new Map<string, readonly Token[] | null>();
  #keptCharacters = 0;

  /** `start` starts a worker. */
  constructor(start: () => HighlightWorker) {
    this.#start = start;
  }

  /** Returns the tokens of a text if they are known; null if it stays plain. */
  cachedTokens(language: Language, text: string): readonly Token[] | null | undefined {
    return this.#cache.get(keyOf(language, text));
  }

  /** Calls `listener` with the tokens once. Returns a function that cancels this. */
  request(
    language: Language,
    text: string,
    listener: (tokens: readonly Token[] | null) => void,
  ): () => void {
    const key = keyOf(language, text);
    const cached = this.#cache.get(key);
    if (cached !== undefined) {
      this.#keep(key, cached);
      listener(cached);
      return () => undefined;
    }
    const waiting = this.#waiting.get(key) ?? { key, language, text, listeners: new Set() };
    waiting.listeners.add(listener);
    this.#waiting.set(key, waiting);
    this.#next();
    return () => {
      waiting.listeners.delete(listener);
      // A text already in the worker is finished, because it is likely to be shown again.
      if (waiting.listeners.size === 0 && waiting !== this.#current) this.#waiting.delete(key);
    };
  }

  #next(): void {
    if (this.#current) return;
    const [first] = this.#waiting.values();
    if (!first) return;
    this.#current = first;
    try {
      this.#worker ??= this.#startWorker();
    } catch {
      // The browser does not support module workers: the text remains plain.
      this.#done(null);
      return;
    }
    this.#worker.postMessage({ language: first.language, text: first.text });
  }

  #startWorker(): HighlightWorker {
    const worker = this.#start();
    worker.onmessage = ({ data }) => {
      if (data.state === 'done') this.#done(data.tokens);
      else this.#timer = setTimeout(() => this.#abandon(), HIGHLIGHT_MS);
    };
    worker.onerror = () => this.#abandon();
    return worker;
  }

  #abandon(): void {
    this.#worker?.terminate();
    this.#worker = null;
    this.#done(null);
  }

  #done(tokens: readonly Token[] | null): void {
    clearTimeout(this.#timer);
    const current = this.#current;
    this.#current = null;
    if (!current) return;
    this.#waiting.delete(current.key);
    this.#keep(current.key, tokens);
    for (const listener of current.listeners) listener(tokens);
    this.#next();
  }

  #keep(key: string, tokens: readonly Token[] | null): void {
    if (this.#cache.delete(key)) this.#keptCharacters -= key.length;
    this.#cache.set(key, tokens);
    this.#keptCharacters += key.length;
    for (const oldest of this.#cache.keys()) {
      if (this.#keptCharacters <= KEPT_CHARACTERS || oldest === key) return;
      this.#cache.delete(oldest);
      this.#keptCharacters -= oldest.length;
    }
  }
}

const keyOf = (language: Language, text: string): string => `${language} ${text}`;
