import type { Member, MemberRole } from '@parley/protocol';
import { t } from '../texts/index.ts';

const ROLES = [
  ['member', 'details.roleMember'],
  ['admin', 'details.roleAdmin'],
  ['owner', 'details.roleOwner'],
] as const;

/** Shows the role of a member, or a choice of roles if the user may change it. */
export function MemberRoleChoice({
  member,
  onChange,
}: {
  member: Member;
  /** Null: the user may not change it. */
  onChange: ((role: MemberRole) => void) | null;
}) {
  if (onChange) {
    return (
      <select
        aria-label={t('details.roleOf', { name: member.displayName })}
        value={member.role}
        onChange={(event) => onChange(event.target.value as MemberRole)}
        className="min-h-10 rounded-lg border border-line bg-raised px-2 text-sm"
      >
        {ROLES.map(([role, text]) => (
          <option key={role} value={role}>
            {t(text)}
          </option>
        ))}
      </select>
    );
  }
  if (member.role === 'member') return null;
  return (
    <span className="rounded-md bg-accent-soft px-2 py-0.5 font-medium text-[12px] text-accent-strong">
      {member.role === 'owner' ? t('details.roleOwner') : t('details.roleAdmin')}
    </span>
  );
}
