import type { CustomEmoji, EmojiId } from '@parley/protocol';
import { useEffect } from 'react';
import { useClient, useParley } from '../session/use-client.ts';

/** Returns the custom emoji of the server, deleted ones too, and loads them if they are not known yet. */
export function useCustomEmoji(): ReadonlyMap<EmojiId, CustomEmoji> {
  const client = useClient();
  const emoji = useParley((s) => s.emoji);
  useEffect(() => {
    // If it fails, the next connection loads them; until then names are shown as typed.
    client.emoji.load().catch(() => {});
  }, [client]);
  return emoji;
}
