import type { ParleyClient } from '@parley/client';
import type { ConversationId, ConversationRetention } from '@parley/protocol';
import { queryOptions, type UseQueryResult, useQuery } from '@tanstack/react-query';
import { keys } from '../queries/keys.ts';
import { useClient } from '../session/use-client.ts';

/** The query of how long a conversation keeps messages. */
export const retentionQuery = (client: ParleyClient, conversation: ConversationId) =>
  queryOptions({
    queryKey: keys.retention(conversation),
    queryFn: ({ signal }) => client.api.retention.of(conversation, { signal }),
  });

/** Returns how long a conversation keeps messages, now and after every change. */
export const useRetention = (conversation: ConversationId): UseQueryResult<ConversationRetention> =>
  useQuery(retentionQuery(useClient(), conversation));
