import type { Message } from '@parley/protocol';
import { t } from '../texts/index.ts';

/** Returns what is shown in place of a message that was deleted or hidden; null if it is shown. */
export function unavailableText({
  deletedAt,
  hiddenAt,
}: Pick<Message, 'deletedAt'> & { readonly hiddenAt?: string | null }): string | null {
  if (deletedAt !== null) return t('message.deleted');
  // Messages that were stored by an earlier version have no `hiddenAt`.
  return (hiddenAt ?? null) === null ? null : t('message.hidden');
}
