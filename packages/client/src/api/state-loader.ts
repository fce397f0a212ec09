import { ApiError } from './api-error.ts';

/** How {@link StateLoader} loads a state, and changes it by events. */
export interface StateLoaderDeps<Answer, Change> {
  /** Requests the whole state. */
  load(): Promise<Answer>;
  /** Replaces the state by an answer. */
  replace(answer: Answer): void;
  /** Changes the state by an event, unless the state contains it; returns whether it did. */
  apply(event: Change): boolean;
  /** Called whenever the state has changed. */
  changed(): void;
}

/**
 * Keeps a state of the server up to date: it is loaded on first use, then changed by events, and
 * reloaded when events were skipped.
 */
export class StateLoader<Answer, Change> {
  readonly #deps: StateLoaderDeps<Answer, Change>;
  #isWanted = false;
  #isLoaded = false;
  #loading: Promise<void> | null = null;
  /** Events since the beginning of the load in progress, which its answer may not contain. */
  #pending: Change[] = [];
  #generation = 0;

  constructor(deps: StateLoaderDeps<Answer, Change>) {
    this.#deps = deps;
  }

  /** Whether the state was loaded, and no event was skipped since. */
  get isLoaded(): boolean {
    return this.#isLoaded;
  }

  /** Increases when the state is outdated: answers to earlier requests must be ignored. */
  get generation(): number {
    return this.#generation;
  }

  /** Loads the state, unless it is loaded. */
  async load(): Promise<void> {
    this.#isWanted = true;
    // An answer is ignored if events were skipped meanwhile: then the load after it is awaited.
    while (this.#isWanted && !this.#isLoaded) {
      this.#loading ??= this.#request(this.#generation);
      await this.#loading;
    }
  }

  /** Handles an applied event of the stream. */
  applied(event: Change): void {
    if (!this.#isWanted) return;
    if (this.#loading) this.#pending.push(event);
    if (this.#deps.apply(event)) this.#deps.changed();
  }

  /** Loads the state again, if it is in use: events were skipped, or the server was restored to an earlier state. */
  missed(): void {
    this.#forget();
    this.retry();
  }

  /** Loads the state again if the last attempt failed. Must be called regularly while connected. */
  retry(): void {
    if (!this.#isWanted || this.#isLoaded) return;
    this.load().catch((error: unknown) => {
      if (!(error instanceof ApiError)) throw error;
    });
  }

  /** Clears the state, which is loaded again on the next use: another account may be started. */
  clear(): void {
    this.#forget();
    this.#isWanted = false;
  }

  async #request(generation: number): Promise<void> {
    this.#pending = [];
    try {
      const answer = await this.#deps.load();
      if (generation !== this.#generation) return;
      this.#deps.replace(answer);
      this.#isLoaded = true;
      for (const event of this.#pending) this.#deps.apply(event);
      this.#deps.changed();
    } finally {
      if (generation === this.#generation) {
        this.#loading = null;
        this.#pending = [];
      }
    }
  }

  #forget(): void {
    this.#generation++;
    this.#isLoaded = false;
    this.#loading = null;
    this.#pending = [];
  }
}
