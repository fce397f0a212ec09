import type { AccountId } from '@parley/protocol';
import { useMutation, useQuery } from '@tanstack/react-query';
import { ago } from '../lib/time.ts';
import { keys } from '../queries/keys.ts';
import { useRefresh } from '../queries/use-refresh.ts';
import { useAccount } from '../session/use-account.ts';
import { t } from '../texts/index.ts';
import { Avatar } from '../ui/avatar.tsx';
import { Button } from '../ui/button.tsx';
import { Loading } from '../ui/loading.tsx';
import { PartTitle } from '../ui/part-title.tsx';
import { Handle } from '../users/handle.tsx';

/** Lists the people whom the user has blocked, and unblocks them. */
export function BlockedPage() {
  const account = useAccount();
  const refresh = useRefresh();
  const blocks = useQuery({
    queryKey: keys.blocks(),
    queryFn: ({ signal }) => account.blocks({ signal }),
  });
  const unblock = useMutation({
    mutationFn: (id: AccountId) => account.unblock(id),
    onSuccess: () => refresh(keys.blocks()),
  });
  return (
    <>
      <PartTitle title={t('blockedPeople.title')} description={t('blockedPeople.intro')} />
      <div className="rounded-2xl border border-line bg-raised px-4 py-2 sm:px-5">
        <Loading of={blocks} />
        {blocks.data?.length === 0 && (
          <p className="py-3 text-muted text-sm">{t('blockedPeople.none')}</p>
        )}
        <ul aria-label={t('blockedPeople.title')} className="flex flex-col divide-y divide-line">
          {blocks.data?.map((blocked) => (
            <li key={blocked.account} className="flex items-center gap-3 py-2.5">
              <Avatar id={blocked.account} name={blocked.displayName} size={32} />
              <span className="min-w-0 flex-1">
                <span className="block truncate">
                  <bdi>{blocked.displayName}</bdi>{' '}
                  <Handle name={blocked.username} className="text-muted" />
                </span>
                <span className="block text-note text-muted">
                  {t('blockedPeople.since', { ago: ago(blocked.blockedAt) })}
                </span>
              </span>
              <Button
                aria-label={t('details.unblock', { name: blocked.displayName })}
                onClick={() => unblock.mutate(blocked.account)}
              >
                {t('blockedPeople.unblock')}
              </Button>
            </li>
          ))}
        </ul>
      </div>
    </>
  );
}
