import { LIMITS } from '@parley/protocol';
import { t } from '../texts/index.ts';
import { toast } from '../ui/toast.ts';

/** Tells the user how many of the chosen files were not added, because a message can't have more. */
export function showLeftOut(count: number): void {
  if (count === 0) return;
  toast.error(t('files.tooMany', { count: LIMITS.attachmentsPerMessage }), {
    description: t('files.leftOut', { count }),
  });
}
