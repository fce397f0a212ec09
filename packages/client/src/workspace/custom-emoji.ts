import type { CustomEmoji, EmojiId, EventOf } from '@parley/protocol';
import type { ParleyApi } from '../api/api.ts';
import { WorkspaceItems } from './workspace-items.ts';

/** An event that changes custom emoji. */
export type EmojiEvent = EventOf<'emoji.changed' | 'emoji.deleted'>;

/** Guests reload the emoji at a random time within this, ms. */
const SPREAD_MS = 10_000;

/** Holds the custom emoji of the server, and the names of deleted ones. */
export class CustomEmojiList extends WorkspaceItems<CustomEmoji, EmojiEvent> {
  readonly #random: () => number;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** `random` returns random numbers in [0, 1). */
  constructor(
    api: ParleyApi,
    changed: (emoji: ReadonlyMap<EmojiId, CustomEmoji>) => void,
    random: () => number = Math.random,
  ) {
    super({
      list: () => api.emoji.list(),
      apply,
      changed: (emoji) => changed(emoji as ReadonlyMap<EmojiId, CustomEmoji>),
    });
    this.#random = random;
  }

  /**
   * Reloads the emoji after a change with unknown content: guests receive no events of the workspace stream. The
   * delay is random, so that guests do not all request at once, and several changes share one request.
   */
  outdated(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.missed();
    }, this.#random() * SPREAD_MS);
  }

  /** Cancels a scheduled load: the next hello of a guest starts one. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}

function apply(emoji: Map<string, CustomEmoji>, { type, data, seq, at }: EmojiEvent): boolean {
  const before = emoji.get(data.emoji);
  if (type === 'emoji.deleted') {
    if (!before) return false;
    emoji.set(data.emoji, { ...before, image: null, changedSeq: seq });
    return true;
  }
  const { emoji: id, name, aliases, image, creator } = data;
  const createdAt = before?.createdAt ?? at;
  emoji.set(id, { id, name, aliases, image, creator, createdAt, changedSeq: seq });
  return true;
}
