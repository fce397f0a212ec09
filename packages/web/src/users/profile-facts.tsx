import type { UserProfile } from '@parley/protocol';
import { ago, localTime } from '../lib/time.ts';
import { useParley } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { Avatar } from '../ui/avatar.tsx';
import { GuestBadge } from './guest-badge.tsx';
import { usePresenceOf } from './use-presence-of.ts';

/** Shows what a user tells others: avatar, presence, profile, status, local time and when they were last seen. */
export function ProfileFacts({ profile }: { profile: UserProfile }) {
  const { id, displayName, username, avatar, title, pronouns, timeZone, lastSeenAt } = profile;
  const status = useParley((s) => s.statuses.get(id));
  const presence = usePresenceOf([id])(id);
  const statusText = status && `${status.emoji ?? ''} ${status.text}`.trim();
  const facts: [string, string][] = [
    ...fact(t('profileCard.title'), title),
    ...fact(t('profileCard.pronouns'), pronouns),
    ...fact(t('profileCard.status'), statusText),
    ...fact(t('profileCard.localTime'), timeZone && localTime(timeZone)),
    ...fact(
      t('profileCard.lastSeen'),
      presence === 'offline' ? lastSeenAt && ago(lastSeenAt) : null,
    ),
  ];
  return (
    <>
      <div className="flex items-center gap-4">
        <Avatar id={id} name={displayName} size={64} presence={presence} avatar={avatar} />
        <p className="min-w-0 text-muted">
          <span className="block truncate">
            @{username} <GuestBadge id={id} />
          </span>
          <span className="block text-sm">
            {profile.isActive ? t(`presence.${presence}`) : t('profileCard.deactivated')}
          </span>
        </p>
      </div>
      {facts.length > 0 && (
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
      )}
    </>
  );
}

/** Returns a line of the card, or none without a value. */
const fact = (name: string, value: string | null | undefined): [string, string][] =>
  value ? [[name, value]] : [];
