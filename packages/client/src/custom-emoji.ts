import type { CustomEmoji, EmojiId, EventOf } from '@parley/protocol';
import type { ParleyApi } from './api.ts';
import { WorkspaceItems } from './workspace-items.ts';

/** An event that changes custom emoji. */
export type EmojiEvent = EventOf<'emoji.changed' | 'emoji.deleted'>;

/** Knows the custom emoji of the server, and the names of those that were deleted. */
export class CustomEmojiList extends WorkspaceItems<CustomEmoji, EmojiEvent> {
  constructor(api: ParleyApi, changed: (emoji: ReadonlyMap<EmojiId, CustomEmoji>) => void) {
    super({
      list: () => api.emoji.list(),
      apply,
      changed: (emoji) => changed(emoji as ReadonlyMap<EmojiId, CustomEmoji>),
    });
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
