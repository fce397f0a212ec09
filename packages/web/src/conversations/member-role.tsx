import type { MemberRole } from '@parley/protocol';
import { t } from '../texts/index.ts';
import { Select } from '../ui/select.tsx';
import { roleOptions } from './role-options.ts';

/** Shows the role of a member, or a choice of roles if the user may change it. */
export function MemberRoleChoice({
  name,
  role,
  onChange,
}: {
  /** The display name of the member. */
  name: string;
  role: MemberRole;
  /** Null: the user may not change it. */
  onChange: ((role: MemberRole) => void) | null;
}) {
  if (onChange) {
    return (
      <Select
        label={t('details.roleOf', { name })}
        hiddenLabel
        options={roleOptions()}
        value={role}
        onChange={(event) => onChange(event.target.value as MemberRole)}
        className="w-32 shrink-0"
      />
    );
  }
  if (role === 'member') return null;
  return (
    <span className="rounded-md bg-accent-soft px-2 py-0.5 font-medium text-caption text-accent-strong">
      {role === 'owner' ? t('details.roleOwner') : t('details.roleAdmin')}
    </span>
  );
}
