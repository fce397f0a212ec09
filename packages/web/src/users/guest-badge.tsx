import type { AccountId } from '@parley/protocol';
import { useUser } from '../session/entries.ts';
import { t } from '../texts/index.ts';
import { Badge } from '../ui/badge.tsx';

/** Marks a guest; nothing for other users. */
export function GuestBadge({ id }: { id: AccountId }) {
  const isGuest = useUser(id)?.isGuest === true;
  return isGuest ? <Badge tone="warn">{t('roles.guest')}</Badge> : null;
}
