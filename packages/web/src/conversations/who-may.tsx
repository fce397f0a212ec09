import type { ConversationView } from '@parley/client';
import type { MemberRole, MinimumRoles } from '@parley/protocol';
import { toast } from 'sonner';
import { errorMessage } from '../lib/text.ts';
import { useClient } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { Select } from '../ui/select.tsx';
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
  const client = useClient();
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
        <Select
          key={what}
          label={t(label)}
          options={minimumRoleOptions()}
          value={minimumRoles[what]}
          onChange={(event) => void change(what, event.target.value as MemberRole)}
          className="mb-3"
        />
      ))}
    </details>
  );
}
