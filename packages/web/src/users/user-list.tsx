import type { AccountId } from '@parley/protocol';
import { Link, useNavigate } from '@tanstack/react-router';
import { memo, useMemo, useState } from 'react';
import { compareNames, errorMessage } from '../lib/text.ts';
import { useClient, useParley } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { Avatar } from '../ui/avatar.tsx';
import type { ShownPresence } from '../ui/presence-dot.tsx';
import { toast } from '../ui/toast.ts';
import { GuestBadge } from './guest-badge.tsx';
import { StatusEmoji } from './status-emoji.tsx';
import { usePresenceOf } from './use-presence-of.ts';
import { UserName } from './user-name.tsx';

/** Number of people shown before “Show all”. */
const SHORT = 12;
/** Number of people whose presence is shown, by name; on servers with more, the list is for finding people. */
const SUBSCRIBED = 100;

/** Returns a function that opens the direct conversation with an account. */
export function useOpenDirect(): (account: AccountId) => Promise<void> {
  const client = useClient();
  const navigate = useNavigate();
  return async (account) => {
    try {
      const { id } = await client.api.openDirect(account);
      await navigate({ to: '/c/$id', params: { id } });
    } catch (error) {
      toast.error(errorMessage(error));
    }
  };
}

/** Lists all users, active ones first. A click opens the direct conversation. */
export const UsersList = memo(function UsersList() {
  const users = useParley((s) => s.users);
  const me = useParley((s) => s.me);
  const [all, setAll] = useState(false);
  const open = useOpenDirect();
  const byName = useMemo(
    () =>
      [...users.values()]
        .filter((p) => p.id !== me?.id && p.isActive)
        .sort((a, b) => compareNames(a.displayName, b.displayName)),
    [users, me],
  );
  const subscribed = useMemo(() => byName.slice(0, SUBSCRIBED).map((p) => p.id), [byName]);
  const presence = usePresenceOf(subscribed);
  const sorted = useMemo(() => {
    const rank = (id: AccountId) => ({ active: 0, busy: 0, idle: 1, offline: 2 })[presence(id)];
    return [...byName].sort((a, b) => rank(a.id) - rank(b.id));
  }, [byName, presence]);
  const countOf = (...states: readonly ShownPresence[]) =>
    sorted.filter((p) => states.includes(presence(p.id))).length;
  const active = countOf('active', 'busy');
  const online = active + countOf('idle');
  const visible = all ? sorted : sorted.slice(0, Math.max(SHORT, online));
  return (
    <section className="mt-2">
      <h2 className="flex h-9 items-center ps-2.5 font-semibold text-note text-muted">
        {active > 0 ? t('users.titleActive', { count: active }) : t('users.title')}
      </h2>
      <ul>
        {visible.map((user) => {
          const state = presence(user.id);
          return (
            <li key={user.id}>
              <button
                type="button"
                onClick={() => void open(user.id)}
                className="-outline-offset-2 flex h-8 pointer-coarse:h-11 w-full items-center gap-2.5 rounded-md pe-2 ps-2.5 text-start text-body hover:bg-hover"
              >
                <Avatar id={user.id} name={user.displayName} size={20} presence={state} />
                <span
                  className={
                    state === 'offline'
                      ? 'min-w-0 flex-1 truncate text-muted'
                      : 'min-w-0 flex-1 truncate text-soft'
                  }
                >
                  <UserName id={user.id} name={user.displayName} />
                  <StatusEmoji id={user.id} /> <GuestBadge id={user.id} />
                </span>
                <span className="sr-only">{t(`presence.${state}`)}</span>
              </button>
            </li>
          );
        })}
        {sorted.length === 0 && (
          <li className="flex flex-col items-start gap-1 px-2.5 py-1.5 text-muted text-sm">
            {t('users.none')}
            {me?.permissions.includes('administer') && (
              <Link
                to="/admin/invitations"
                className="flex min-h-8 pointer-coarse:min-h-11 items-center text-accent hover:underline"
              >
                {t('users.invite')}
              </Link>
            )}
          </li>
        )}
        {sorted.length > visible.length && (
          <li>
            <button
              type="button"
              onClick={() => setAll(true)}
              className="min-h-10 pointer-coarse:min-h-11 w-full rounded-lg px-2 text-start text-muted text-sm hover:bg-hover"
            >
              {t('users.showAll', { count: sorted.length })}
            </button>
          </li>
        )}
      </ul>
    </section>
  );
});
