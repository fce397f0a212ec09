import type { AccountId } from '@parley/protocol';
import { MessageSquare } from 'lucide-react';
import { useEffect } from 'react';
import { ago, localTime } from '../lib/time.ts';
import { useClient, useParley } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { Avatar } from '../ui/avatar.tsx';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Loading } from '../ui/loading.tsx';
import { useLoad } from '../ui/use-load.ts';
import { GuestBadge } from './guest-badge.tsx';
import { usePresenceOf } from './use-presence-of.ts';
import { useOpenDirect } from './user-list.tsx';

/** The dialog with what a user tells others: profile, status, local time, last seen. */
export function ProfileCard({ id, onClose }: { id: AccountId; onClose: () => void }) {
  const client = useClient();
  const me = useParley((s) => s.me);
  const status = useParley((s) => s.statuses.get(id));
  const presence = usePresenceOf([id])(id);
  const openDirect = useOpenDirect();
  const loaded = useLoad(() => client.api.userProfile(id), id);
  const { data, reload } = loaded;
  useEffect(
    () =>
      client.onEvent((event) => {
        if (event.type === 'user.updated' && event.data.account === id) void reload();
      }),
    [client, id, reload],
  );
  const statusText = status && `${status.emoji ?? ''} ${status.text}`.trim();
  const facts: [string, string][] = data
    ? [
        ...fact(t('profileCard.title'), data.title),
        ...fact(t('profileCard.pronouns'), data.pronouns),
        ...fact(t('profileCard.status'), statusText),
        ...fact(t('profileCard.localTime'), data.timeZone && localTime(data.timeZone)),
        ...fact(
          t('profileCard.lastSeen'),
          presence === 'offline' ? data.lastSeenAt && ago(data.lastSeenAt) : null,
        ),
      ]
    : [];
  return (
    <Dialog open onClose={onClose} title={data?.displayName ?? t('profileCard.name')}>
      {data === null ? (
        <Loading of={loaded} />
      ) : (
        <>
          <div className="flex items-center gap-4">
            <Avatar
              id={id}
              name={data.displayName}
              size={64}
              presence={presence}
              avatar={data.avatar}
            />
            <p className="min-w-0 text-muted">
              <span className="block truncate">
                @{data.username} <GuestBadge id={id} />
              </span>
              <span className="block text-sm">
                {data.isActive ? t(`presence.${presence}`) : t('profileCard.deactivated')}
              </span>
            </p>
          </div>
          <dl className="mt-4 grid grid-cols-[auto_1fr] gap-x-4 gap-y-1.5 text-sm">
            {facts.map(([name, value]) => (
              <div key={name} className="contents">
                <dt className="text-muted">{name}</dt>
                <dd className="min-w-0 break-words">
                  <bdi>{value}</bdi>
                </dd>
              </div>
            ))}
          </dl>
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
        </>
      )}
    </Dialog>
  );
}

/** Returns a line of the card, or none without a value. */
const fact = (name: string, value: string | null | undefined): [string, string][] =>
  value ? [[name, value]] : [];
