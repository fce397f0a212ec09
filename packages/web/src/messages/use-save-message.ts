import type { TimelineMessage } from '@parley/client';
import { fullTime } from '../lib/time.ts';
import { useClient } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { toast } from '../ui/toast.ts';

/** Returns a function that saves a message, with a reminder at a time or without one, and confirms it. */
export function useSaveMessage({
  conversation,
  seq,
}: TimelineMessage): (remindAt: string | null) => Promise<void> {
  const client = useClient();
  return async (remindAt) => {
    await client.api.personal.save(conversation, seq, remindAt);
    toast(
      remindAt === null
        ? t('message.saved')
        : t('message.reminderSet', { time: fullTime(remindAt) }),
    );
  };
}
