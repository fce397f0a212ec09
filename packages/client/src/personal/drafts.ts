import type { Draft } from '@parley/protocol';
import type { ParleyApi } from '../api/api.ts';
import { type DraftPlace, draftKey } from '../api/draft-place.ts';

/** A change of a draft, on any device; null: it was deleted. */
export interface DraftChanged extends DraftPlace {
  readonly version: number;
  readonly draft: Draft | null;
}

/**
 * Holds the account’s drafts as the server has them. They are loaded by the first `load()`, and again when a
 * change was missed. An older change never replaces a newer one.
 */
export class Drafts {
  readonly #api: ParleyApi;
  readonly #changed: (change: DraftChanged) => void;
  /** The last change of each draft, by the key of its place. */
  readonly #lastChanges = new Map<string, DraftChanged>();
  #isWanted = false;
  #isLoaded = false;
  /** All changes up to this version of the account’s read state are known. */
  #version = -1;
  /** Increases with `clear`, so that answers to earlier requests are ignored. */
  #generation = 0;
  /** Increases when the server was restored, so that earlier requests are sent again. */
  #restores = 0;

  constructor(api: ParleyApi, changed: (change: DraftChanged) => void) {
    this.#api = api;
    this.#changed = changed;
  }

  /** Loads the drafts, unless they are loaded. Their changes are reported from now on. */
  async load(): Promise<void> {
    this.#isWanted = true;
    if (!this.#isLoaded) await this.#fetch();
  }

  async #fetch(): Promise<void> {
    const [generation, restores] = [this.#generation, this.#restores];
    const { readVersion: version, items } = await this.#api.drafts();
    if (generation !== this.#generation) return;
    if (restores !== this.#restores) return this.#fetch();
    const listed = new Set(items.map(draftKey));
    for (const [key, { conversation, thread = null }] of this.#lastChanges) {
      if (!listed.has(key)) this.apply({ conversation, thread, version, draft: null });
    }
    for (const draft of items) this.apply(changeTo(draft));
    this.#isLoaded = true;
    this.#version = Math.max(this.#version, version);
  }

  /**
   * Reloads the drafts, if they are in use and a change up to this version may have been missed.
   */
  async reload(version: number): Promise<void> {
    if (this.#isWanted && (!this.#isLoaded || this.#version < version)) await this.#fetch();
  }

  /** Handles a change with this version, of any part of the read state. After a gap nothing is assumed. */
  arrived(version: number): void {
    if (version === this.#version + 1) this.#version = version;
  }

  /** Returns the draft of a conversation or thread, if known. */
  get(place: DraftPlace): Draft | null {
    return this.#lastChanges.get(draftKey(place))?.draft ?? null;
  }

  /** Saves the draft of a conversation or thread. The newest wins. */
  async save(place: DraftPlace, body: string): Promise<Draft> {
    const draft = await this.#api.saveDraft(place, body);
    this.apply(changeTo(draft));
    return draft;
  }

  /** Applies a change of a draft, made here or on another device. */
  apply(change: DraftChanged): void {
    const key = draftKey(change);
    const earlier = this.#lastChanges.get(key);
    if (earlier && earlier.version >= change.version) return;
    this.#lastChanges.set(key, change);
    this.#changed(change);
  }

  /** Handles a restore of the server from a backup: its versions may be lower than those received before. */
  restored(): void {
    this.#isLoaded = false;
    this.#version = -1;
    this.#restores++;
    for (const [id, change] of this.#lastChanges)
      this.#lastChanges.set(id, { ...change, version: -1 });
  }

  /** Clears the state: the client may be started with another account. */
  clear(): void {
    this.#generation++;
    this.#isWanted = false;
    this.#isLoaded = false;
    this.#version = -1;
    this.#lastChanges.clear();
  }
}

/** Returns the change that saved a draft. */
const changeTo = (draft: Draft): DraftChanged => {
  const { conversation, thread, version } = draft;
  return { conversation, thread, version, draft };
};
