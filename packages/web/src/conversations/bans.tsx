import type { ConversationView } from '@parley/client';
import type { AccountId } from '@parley/protocol';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { keys } from '../queries/keys.ts';
import { useRefresh } from '../queries/use-refresh.ts';
import { useClient } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { Button } from '../ui/button.tsx';
import { Loading } from '../ui/loading.tsx';
import { Handle } from '../users/handle.tsx';

/** Lists the people who are banned from a group, and lifts bans. */
export function Bans({ view }: { view: ConversationView }) {
  const [open, setOpen] = useState(false);
  return (
    <details className="mt-5" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary className="cursor-pointer py-2 font-medium text-sm text-soft pointer-coarse:py-3">
        {t('bans.title')}
      </summary>
      {open && <BanList view={view} />}
    </details>
  );
}

function BanList({ view }: { view: ConversationView }) {
  const client = useClient();
  const refresh = useRefresh();
  const bans = useQuery({
    queryKey: keys.bans(view.id),
    queryFn: ({ signal }) => client.api.admission.bans(view.id, { limit: 100 }, { signal }),
  });
  const unban = useMutation({
    mutationFn: (account: AccountId) => client.api.admission.unban(view.id, account),
    onSuccess: () => refresh(keys.bans(view.id)),
  });
  return (
    <>
      <Loading of={bans} />
      {bans.data?.items.length === 0 && <p className="text-muted text-sm">{t('bans.none')}</p>}
      <ul>
        {bans.data?.items.map((ban) => (
          <li key={ban.account} className="flex min-h-11 items-center gap-3">
            <span className="min-w-0 flex-1 truncate">
              <bdi>{ban.displayName}</bdi> <Handle name={ban.username} className="text-muted" />
            </span>
            <Button
              look="quiet"
              aria-label={t('bans.unbanNamed', { name: ban.displayName })}
              onClick={() => unban.mutate(ban.account)}
            >
              {t('bans.unban')}
            </Button>
          </li>
        ))}
      </ul>
    </>
  );
}
