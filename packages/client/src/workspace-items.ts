import type { Seq } from '@parley/protocol';
import { ApiError } from './api-error.ts';

/** How {@link WorkspaceItems} loads its items, and changes them by events. */
export interface WorkspaceItemsDeps<Item, Event> {
  /** Requests all items, as of an event of the workspace stream. */
  list(): Promise<{ readonly items: readonly Item[]; readonly asOf: Seq }>;
  /** Changes a copy of the items by an event; returns whether it did. */
  apply(items: Map<string, Item>, event: Event): boolean;
  /** Called with the items whenever they have changed. */
  changed(items: ReadonlyMap<string, Item>): void;
}

/**
 * Knows all items of one kind that the server has. They are loaded when they are first asked for; from then on the
 * events of the workspace stream change them, and they are loaded again when events were skipped.
 */
export class WorkspaceItems<Item extends { readonly id: string }, Event extends { seq: Seq }> {
  readonly #deps: WorkspaceItemsDeps<Item, Event>;
  #known: ReadonlyMap<string, Item> = new Map();
  #isWanted = false;
  #isLoaded = false;
  #loading: Promise<void> | null = null;
  /** Events since the beginning of the load in progress, which its answer may not contain. */
  #pending: Event[] = [];
  /** Changes when what is known is out of date: answers to requests from before are ignored. */
  #generation = 0;

  constructor(deps: WorkspaceItemsDeps<Item, Event>) {
    this.#deps = deps;
  }

  /** Loads the items, unless they are loaded. The snapshot of the client has them from now on. */
  async load(): Promise<void> {
    this.#isWanted = true;
    if (this.#isLoaded) return;
    this.#loading ??= this.#fetch(this.#generation);
    await this.#loading;
  }

  async #fetch(generation: number): Promise<void> {
    this.#pending = [];
    try {
      const { items, asOf } = await this.#deps.list();
      if (generation !== this.#generation) return;
      this.#known = new Map(items.map((item) => [item.id, item]));
      for (const event of this.#pending) if (event.seq > asOf) this.#apply(event);
      this.#isLoaded = true;
      this.#deps.changed(this.#known);
    } finally {
      if (generation === this.#generation) {
        this.#loading = null;
        this.#pending = [];
      }
    }
  }

  /** An event of the workspace stream was applied. */
  applied(event: Event): void {
    if (this.#loading) this.#pending.push(event);
    if (this.#isLoaded && this.#apply(event)) this.#deps.changed(this.#known);
  }

  /** Events were skipped, or the server was restored to an earlier state: loads the items again, if wanted. */
  missed(): void {
    this.#forget();
    this.connected();
  }

  /** A connection has started: loads the items if that was asked for and has failed. */
  connected(): void {
    if (!this.#isWanted || this.#isLoaded) return;
    this.load().catch((error: unknown) => {
      // The next connection tries again.
      if (!(error instanceof ApiError)) throw error;
    });
  }

  /** Drops everything: another account may be started. */
  clear(): void {
    this.#forget();
    this.#isWanted = false;
    this.#known = new Map();
  }

  #forget(): void {
    this.#generation++;
    this.#isLoaded = false;
    this.#loading = null;
    this.#pending = [];
  }

  #apply(event: Event): boolean {
    const next = new Map(this.#known);
    if (!this.#deps.apply(next, event)) return false;
    this.#known = next;
    return true;
  }
}
