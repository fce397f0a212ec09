import type { ConversationView } from '@parley/client';
import type { AccountId, Member } from '@parley/protocol';
import { useMemo, useState } from 'react';
import { errorMessage } from '../lib/text.ts';
import { useClient } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { Button } from '../ui/button.tsx';
import { toast } from '../ui/toast.ts';
import { UsersPicker } from '../users/user-picker.tsx';

/** Lets the user choose accounts, and adds them to a group. */
export function AddMembers({
  view,
  members,
  onDone,
}: {
  view: ConversationView;
  members: readonly Member[];
  onDone: () => void;
}) {
  const client = useClient();
  const [chosen, setChosen] = useState<readonly AccountId[]>([]);
  const [busy, setBusy] = useState(false);
  const without = useMemo(() => new Set(members.map((m) => m.account)), [members]);
  const add = async () => {
    setBusy(true);
    try {
      for (const account of chosen) await client.api.addMember(view.id, account);
      onDone();
    } catch (error) {
      toast.error(errorMessage(error));
    }
    setBusy(false);
  };
  return (
    <div className="my-2 rounded-xl border border-line p-3">
      <UsersPicker
        label={t('details.peopleToAdd')}
        chosen={chosen}
        onChange={setChosen}
        without={without}
        autoFocus
      />
      <Button
        look="primary"
        className="mt-2 w-full"
        busy={busy}
        disabled={chosen.length === 0}
        onClick={() => void add()}
      >
        {t('details.add')}
      </Button>
    </div>
  );
}
