import type { ConversationId } from '@parley/protocol';
import { t } from '../texts/index.ts';
import { useRetention } from './use-retention.ts';

/** Shows at the start of a conversation that older messages are deleted. */
export function RetentionNotice({ conversation }: { conversation: ConversationId }) {
  const { data } = useRetention(conversation);
  return data?.days ? t('retention.notice', { count: data.days }) : null;
}
