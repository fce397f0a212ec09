import type { AccountId } from '@parley/protocol';
import { useParley } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { Badge } from '../ui/badge.tsx';

/** Marks a guest; nothing for other users. */
export function GuestBadge({ id }: { id: AccountId }) {
  const isGuest = useParley((s) => s.users.get(id)?.isGuest === true);
  return isGuest ? <Badge tone="warn">{t('roles.guest')}</Badge> : null;
}
