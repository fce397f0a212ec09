import type { AccountId } from '@parley/protocol';
import { useQuery } from '@tanstack/react-query';
import { MessageSquare } from 'lucide-react';
import { keys } from '../queries/keys.ts';
import { useClient, useParley } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Loading } from '../ui/loading.tsx';
import { BlockUser } from './block-user.tsx';
import { ProfileFacts } from './profile-facts.tsx';
import { useOpenDirect } from './user-list.tsx';

/** The dialog with what a user tells others, from which a message can be sent to them. */
export function ProfileCard({ id, onClose }: { id: AccountId; onClose: () => void }) {
  const client = useClient();
  const me = useParley((s) => s.me);
  const openDirect = useOpenDirect();
  const loaded = useQuery({
    queryKey: keys.profile(id),
    queryFn: ({ signal }) => client.api.userProfile(id, { signal }),
  });
  const { data } = loaded;
  return (
    <Dialog open onClose={onClose} title={data?.displayName ?? t('profileCard.name')}>
      {data === undefined ? (
        <Loading of={loaded} />
      ) : (
        <>
          <ProfileFacts profile={data} />
          {data.isActive && me?.id !== id && (
            <Button
              look="primary"
              className="mt-5"
              onClick={() => {
                onClose();
                void openDirect(id);
              }}
            >
              <MessageSquare size={16} /> {t('profileCard.message')}
            </Button>
          )}
          {me !== null && me.id !== id && <BlockUser account={id} name={data.displayName} />}
        </>
      )}
    </Dialog>
  );
}
