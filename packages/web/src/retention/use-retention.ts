import type { ConversationId, ConversationRetention } from '@parley/protocol';
import { streamOfConversation } from '@parley/protocol';
import { useEffect } from 'react';
import { useClient } from '../session/use-client.ts';
import { type Loaded, useLoad } from '../ui/use-load.ts';

/** Returns how long a conversation keeps messages, now and after every change. */
export function useRetention(conversation: ConversationId): Loaded<ConversationRetention> {
  const client = useClient();
  const loaded = useLoad(() => client.api.retention.of(conversation), conversation);
  const { reload } = loaded;
  useEffect(
    () =>
      client.onEvent((event) => {
        const isOwn =
          event.type === 'conversation.updated' &&
          event.stream === streamOfConversation(conversation) &&
          event.data.retention !== undefined;
        if (isOwn || event.type === 'server.updated') void reload();
      }),
    [client, conversation, reload],
  );
  return loaded;
}
