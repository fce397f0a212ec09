import type { ConversationView } from '@parley/client';
import type { MemberRole, MinimumRoles } from '@parley/protocol';
import { useId } from 'react';
import { toast } from 'sonner';
import { errorMessage } from '../lib/text.ts';
import { useClient } from '../session/use-client.ts';
import { t } from '../texts/index.ts';

const ROWS = [
  ['post', 'details.whoMayPost'],
  ['invite', 'details.whoMayInvite'],
  ['pin', 'details.whoMayPin'],
  ['deleteOthers', 'details.whoMayDeleteOthers'],
  ['rename', 'details.whoMayRename'],
] as const;
const ROLES = [
  ['member', 'details.fromMember'],
  ['admin', 'details.fromAdmin'],
  ['owner', 'details.fromOwner'],
] as const;

/** Lets an owner choose who may do what in a group. */
export function WhoMay({
  view,
  minimumRoles,
}: {
  view: ConversationView;
  minimumRoles: MinimumRoles;
}) {
  const client = useClient();
  const name = useId();
  const change = async (what: keyof MinimumRoles, role: MemberRole) => {
    try {
      await client.api.changeMinimumRoles(view.id, { [what]: role });
    } catch (error) {
      toast.error(errorMessage(error));
    }
  };
  // All users are in the group of everyone.
  const rows = ROWS.filter(([what]) => what !== 'invite' || !view.isEveryone);
  return (
    <details className="mb-5">
      <summary className="cursor-pointer py-2 font-medium text-sm text-soft">
        {t('details.whoMay')}
      </summary>
      {rows.map(([what, label]) => (
        <div key={what} className="flex min-h-11 items-center justify-between gap-3">
          <label htmlFor={name + what}>{t(label)}</label>
          <select
            id={name + what}
            value={minimumRoles[what]}
            onChange={(event) => void change(what, event.target.value as MemberRole)}
            className="min-h-10 rounded-lg border border-line bg-raised px-2"
          >
            {ROLES.map(([role, text]) => (
              <option key={role} value={role}>
                {t(text)}
              </option>
            ))}
          </select>
        </div>
      ))}
    </details>
  );
}
