import { AccountApi } from '@parley/client';
import type { AccountId } from '@parley/protocol';
import { useMutation, useQuery } from '@tanstack/react-query';
import { Ban } from 'lucide-react';
import { useMemo } from 'react';
import { keys } from '../queries/keys.ts';
import { useRefresh } from '../queries/use-refresh.ts';
import { useClient } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { Button } from '../ui/button.tsx';

/** Blocks a user, or unblocks them. */
export function BlockUser({ account, name }: { account: AccountId; name: string }) {
  const client = useClient();
  const api = useMemo(() => new AccountApi(client.api), [client]);
  const refresh = useRefresh();
  const blocks = useQuery({
    queryKey: keys.blocks(),
    queryFn: ({ signal }) => api.blocks({ signal }),
  });
  const change = useMutation({
    mutationFn: (blocks: boolean) => (blocks ? api.block(account) : api.unblock(account)),
    onSuccess: () => refresh(keys.blocks()),
  });
  if (!blocks.data) return null;
  const isBlocked = blocks.data.some((blocked) => blocked.account === account);
  return (
    <div className="mt-5 border-line border-t pt-4">
      <Button
        look={isBlocked ? 'plain' : 'risky'}
        busy={change.isPending}
        onClick={() => change.mutate(!isBlocked)}
      >
        <Ban size={16} />{' '}
        {isBlocked ? t('details.unblock', { name }) : t('details.block', { name })}
      </Button>
      <p className="mt-2 text-note text-muted">{t('details.blockHint')}</p>
    </div>
  );
}
