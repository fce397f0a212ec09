import type { TimelineMessage } from '@parley/client';
import { useQuery } from '@tanstack/react-query';
import { keys } from '../queries/keys.ts';
import { useClient } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { Dialog } from '../ui/dialog.tsx';
import { Loading } from '../ui/loading.tsx';
import { UserName } from '../users/user-name.tsx';

/** Shows who has seen a message. */
export function SeenBy({ message, onClose }: { message: TimelineMessage; onClose: () => void }) {
  const client = useClient();
  const loaded = useQuery({
    queryKey: keys.seenBy(message.conversation, message.seq),
    queryFn: ({ signal }) => client.api.seenBy(message.conversation, message.seq, { signal }),
  });
  const { data } = loaded;
  return (
    <Dialog open onClose={onClose} title={t('message.showSeenBy')}>
      {data === undefined ? (
        <Loading of={loaded} />
      ) : data.items.length === 0 ? (
        <p className="text-muted">{t('message.seenByNone')}</p>
      ) : (
        <ul>
          {data.items.map(({ account, displayName }) => (
            <li key={account} className="py-1.5">
              <UserName id={account} name={displayName} />
            </li>
          ))}
        </ul>
      )}
    </Dialog>
  );
}
