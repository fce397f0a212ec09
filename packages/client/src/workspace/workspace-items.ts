import type { Seq } from '@parley/protocol';
import { StateLoader } from '../api/state-loader.ts';

/** All items of one kind, as of an event of the workspace stream. */
interface ItemsAnswer<Item> {
  readonly items: readonly Item[];
  readonly asOf: Seq;
}

/** How {@link WorkspaceItems} loads its items, and changes them by events. */
export interface WorkspaceItemsDeps<Item, Event> {
  /** Requests all items. */
  list(): Promise<ItemsAnswer<Item>>;
  /** Changes a copy of the items by an event; returns whether it did. */
  apply(items: Map<string, Item>, event: Event): boolean;
  /** Called with the items whenever they have changed. */
  changed(items: ReadonlyMap<string, Item>): void;
}

/**
 * Holds all items of one kind that the server has. They are loaded by the first `load()`, then
 * changed by events of the workspace stream, and reloaded when events were skipped.
 */
export class WorkspaceItems<Item extends { readonly id: string }, Event extends { seq: Seq }> {
  readonly #deps: WorkspaceItemsDeps<Item, Event>;
  readonly #loader: StateLoader<ItemsAnswer<Item>, Event>;
  #known: ReadonlyMap<string, Item> = new Map();
  #asOf = 0;

  constructor(deps: WorkspaceItemsDeps<Item, Event>) {
    this.#deps = deps;
    this.#loader = new StateLoader<ItemsAnswer<Item>, Event>({
      load: () => deps.list(),
      replace: ({ items, asOf }) => {
        this.#known = new Map(items.map((item) => [item.id, item]));
        this.#asOf = asOf;
      },
      apply: (event) => this.#apply(event),
      changed: () => deps.changed(this.#known),
    });
  }

  /** Loads the items, unless already loaded. The snapshot of the client then has them. */
  async load(): Promise<void> {
    await this.#loader.load();
  }

  /** Handles an applied event of the workspace stream. */
  applied(event: Event): void {
    this.#loader.applied(event);
  }

  /** Loads the items again, if they are in use: events were skipped, or the server was restored to an earlier state. */
  missed(): void {
    this.#loader.missed();
  }

  /** Retries a failed load, once a connection has started. */
  connected(): void {
    this.#loader.retry();
  }

  /** Drops everything: another account may be started. */
  clear(): void {
    this.#loader.clear();
    this.#known = new Map();
  }

  #apply(event: Event): boolean {
    if (!this.#loader.isLoaded || event.seq <= this.#asOf) return false;
    const next = new Map(this.#known);
    if (!this.#deps.apply(next, event)) return false;
    this.#known = next;
    return true;
  }
}
