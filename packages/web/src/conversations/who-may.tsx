import type { ConversationView } from '@parley/client';
import type { MemberRole, MinimumRoles } from '@parley/protocol';
import { useClient } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { Select } from '../ui/select.tsx';
import { useOptimistic } from '../ui/use-optimistic.ts';
import { minimumRoleOptions } from './role-options.ts';

const ROWS = [
  ['post', 'details.whoMayPost'],
  ['replyInThreads', 'details.whoMayReply'],
  ['invite', 'details.whoMayInvite'],
  ['pin', 'details.whoMayPin'],
  ['deleteOthers', 'details.whoMayDeleteOthers'],
  ['rename', 'details.whoMayRename'],
  ['mentionEveryone', 'details.whoMayMentionEveryone'],
] as const;

/** Lets an owner choose who may do what in a group. */
export function WhoMay({
  view,
  minimumRoles,
}: {
  view: ConversationView;
  minimumRoles: MinimumRoles;
}) {
  // All users are in the default group.
  const rows = ROWS.filter(([what]) => what !== 'invite' || !view.isEveryone);
  return (
    <details className="mb-5">
      <summary className="cursor-pointer py-2 font-medium text-sm text-soft pointer-coarse:py-3">
        {t('details.whoMay')}
      </summary>
      {rows.map(([what, label]) => (
        <MinimumRole
          key={what}
          view={view}
          what={what}
          label={t(label)}
          saved={minimumRoles[what]}
        />
      ))}
    </details>
  );
}

/** Chooses the lowest role that may do something in a group. */
function MinimumRole({
  view,
  what,
  label,
  saved,
}: {
  view: ConversationView;
  what: keyof MinimumRoles;
  label: string;
  saved: MemberRole;
}) {
  const client = useClient();
  const [role, save] = useOptimistic(saved);
  const choose = (next: MemberRole) =>
    save(next, () => client.api.changeMinimumRoles(view.id, { [what]: next }));
  return (
    <Select
      label={label}
      options={minimumRoleOptions()}
      value={role}
      onChange={(event) => void choose(event.target.value as MemberRole)}
      className="mb-3"
    />
  );
}
