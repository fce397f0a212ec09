import { AccountApi } from '@parley/client';
import type { AccountId } from '@parley/protocol';
import { Ban } from 'lucide-react';
import { useEffect, useMemo } from 'react';
import { toast } from 'sonner';
import { errorMessage } from '../lib/text.ts';
import { useClient } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { Button } from '../ui/button.tsx';
import { useLoad } from '../ui/use-load.ts';

/** Blocks the other user of a direct conversation, or unblocks them. */
export function BlockUser({ account, name }: { account: AccountId; name: string }) {
  const client = useClient();
  const api = useMemo(() => new AccountApi(client.api), [client]);
  const blocks = useLoad(() => api.blocks());
  const { reload } = blocks;
  useEffect(
    () =>
      client.onEvent(({ type }) => {
        if (type === 'account.blocked' || type === 'account.unblocked') void reload();
      }),
    [client, reload],
  );
  if (!blocks.data) return null;
  const isBlocked = blocks.data.some((blocked) => blocked.account === account);
  const change = async () => {
    try {
      await (isBlocked ? api.unblock(account) : api.block(account));
      await reload();
    } catch (error) {
      toast.error(errorMessage(error));
    }
  };
  return (
    <div className="mt-5 border-line border-t pt-4">
      <Button look={isBlocked ? 'plain' : 'risky'} onClick={() => void change()}>
        <Ban size={16} />{' '}
        {isBlocked ? t('details.unblock', { name }) : t('details.block', { name })}
      </Button>
      <p className="mt-2 text-note text-muted">{t('details.blockHint')}</p>
    </div>
  );
}
