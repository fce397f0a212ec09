import type { AccountRole } from '@parley/protocol';
import { t } from '../texts/index.ts';
import { Badge } from './badge.tsx';

/** Shows the role of an account on the server; nothing for a member. */
export function RoleBadge({ role }: { role: AccountRole }) {
  return role === 'member' ? null : <Badge tone="accent">{t(`roles.${role}`)}</Badge>;
}
