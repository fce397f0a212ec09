import { type AccountId, LIMITS } from '@parley/protocol';
import { useNavigate } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { errorMessage } from '../lib/text.ts';
import { useAccountId, useClient } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { toast } from '../ui/toast.ts';
import { useCoarsePointer } from '../ui/use-coarse-pointer.ts';
import { UsersPicker } from '../users/user-picker.tsx';

/** The other users of a direct conversation. */
const MOST = LIMITS.directUsersMax - 1;

/** Opens a direct conversation with one or several people, or with oneself. */
export function NewDirect({ open, onClose }: { open: boolean; onClose: () => void }) {
  const client = useClient();
  const me = useAccountId();
  const navigate = useNavigate();
  const isTouch = useCoarsePointer();
  const [chosen, setChosen] = useState<readonly AccountId[]>([]);
  const [busy, setBusy] = useState(false);
  useEffect(() => {
    if (open) setChosen([]);
  }, [open]);
  const start = async (accounts: readonly AccountId[]) => {
    setBusy(true);
    try {
      const { id } = await client.api.openDirectWith(accounts);
      onClose();
      await navigate({ to: '/c/$id', params: { id } });
    } catch (error) {
      toast.error(errorMessage(error));
    }
    setBusy(false);
  };
  return (
    <Dialog open={open} onClose={onClose} title={t('newDirect.title')}>
      <UsersPicker
        label={t('newDirect.people', { count: MOST })}
        chosen={chosen}
        autoFocus={!isTouch}
        onChange={(accounts) => setChosen(accounts.slice(0, MOST))}
      />
      <div className="mt-3 flex flex-wrap gap-2">
        <Button
          look="primary"
          busy={busy}
          disabled={chosen.length === 0}
          onClick={() => void start(chosen)}
        >
          {t('newDirect.start')}
        </Button>
        <Button aria-disabled={busy || undefined} onClick={() => !busy && void start([me])}>
          {t('newDirect.notes')}
        </Button>
      </div>
    </Dialog>
  );
}
