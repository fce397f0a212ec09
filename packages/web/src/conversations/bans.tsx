import type { ConversationView } from '@parley/client';
import { type AccountId, streamOfConversation } from '@parley/protocol';
import { useEffect, useState } from 'react';
import { toast } from 'sonner';
import { errorMessage } from '../lib/text.ts';
import { useClient } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { Button } from '../ui/button.tsx';
import { Loading } from '../ui/loading.tsx';
import { useLoad } from '../ui/use-load.ts';

/** Lists the people who are banned from a group, and lifts bans. */
export function Bans({ view }: { view: ConversationView }) {
  const [open, setOpen] = useState(false);
  return (
    <details className="mt-5" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary className="cursor-pointer py-2 font-medium text-sm text-soft">
        {t('bans.title')}
      </summary>
      {open && <BanList view={view} />}
    </details>
  );
}

function BanList({ view }: { view: ConversationView }) {
  const client = useClient();
  const bans = useLoad(() => client.api.admission.bans(view.id, { limit: 100 }));
  const { reload } = bans;
  useEffect(
    () =>
      client.onEvent((event) => {
        if (event.stream !== streamOfConversation(view.id)) return;
        if (event.type === 'member.banned' || event.type === 'member.unbanned') void reload();
      }),
    [client, view.id, reload],
  );
  const unban = async (account: AccountId) => {
    try {
      await client.api.admission.unban(view.id, account);
    } catch (error) {
      toast.error(errorMessage(error));
    }
  };
  return (
    <>
      <Loading of={bans} />
      {bans.data?.items.length === 0 && <p className="text-muted text-sm">{t('bans.none')}</p>}
      <ul>
        {bans.data?.items.map((ban) => (
          <li key={ban.account} className="flex min-h-11 items-center gap-3">
            <span className="min-w-0 flex-1 truncate">
              <bdi>{ban.displayName}</bdi> <span className="text-muted">@{ban.username}</span>
            </span>
            <Button
              look="quiet"
              aria-label={t('bans.unbanNamed', { name: ban.displayName })}
              onClick={() => void unban(ban.account)}
            >
              {t('bans.unban')}
            </Button>
          </li>
        ))}
      </ul>
    </>
  );
}
