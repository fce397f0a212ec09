import type { ConversationView } from '@parley/client';
import type { LeastRoles, MemberRole } from '@parley/protocol';
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
  ['change', 'details.whoMayChange'],
] as const;
const LEAST = [
  ['member', 'details.leastMember'],
  ['admin', 'details.leastAdmin'],
  ['owner', 'details.leastOwner'],
] as const;

/** Lets an owner choose who may do what in a group. */
export function WhoMay({ view, leastRoles }: { view: ConversationView; leastRoles: LeastRoles }) {
  const client = useClient();
  const name = useId();
  const change = async (what: keyof LeastRoles, role: MemberRole) => {
    try {
      await client.api.changeLeastRoles(view.id, { [what]: role });
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
            value={leastRoles[what]}
            onChange={(event) => void change(what, event.target.value as MemberRole)}
            className="min-h-10 rounded-lg border border-line bg-raised px-2"
          >
            {LEAST.map(([role, text]) => (
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
