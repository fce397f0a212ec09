import type { ParleyClient } from '@parley/client';
import { errorMessage } from '../lib/text.ts';
import { t } from '../texts/index.ts';
import { toast } from '../ui/toast.ts';

/** Marks all conversations and threads as read. */
export async function markAllRead(client: ParleyClient): Promise<void> {
  try {
    await client.api.readAll();
  } catch (error) {
    toast.error(t('sidebar.markAllReadFailed'), { description: errorMessage(error) });
  }
}
