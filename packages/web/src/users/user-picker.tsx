import type { AccountId } from '@parley/protocol';
import { Check } from 'lucide-react';
import { useId, useMemo, useState } from 'react';
import { useParley } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { Avatar } from '../ui/avatar.tsx';
import { cx } from '../ui/cx.ts';

/**
 * A multi-select of active users, without the accounts in `without`, and without the current user unless
 * `includesOneself`.
 */
export function UsersPicker({
  label,
  chosen,
  onChange,
  without = NO_ACCOUNTS,
  includesOneself = false,
}: {
  label: string;
  chosen: readonly AccountId[];
  onChange: (chosen: readonly AccountId[]) => void;
  without?: ReadonlySet<AccountId>;
  includesOneself?: boolean;
}) {
  const id = useId();
  const users = useParley((s) => s.users);
  const me = useParley((s) => s.me);
  const [text, setText] = useState('');
  const shown = useMemo(() => {
    const query = text.trim().toLowerCase();
    return [...users.values()]
      .filter((p) => p.isActive && (includesOneself || p.id !== me?.id) && !without.has(p.id))
      .filter(
        (p) =>
          p.displayName.toLowerCase().includes(query) || p.username.toLowerCase().includes(query),
      )
      .sort((a, b) => a.displayName.localeCompare(b.displayName))
      .slice(0, 50);
  }, [users, me, text, without, includesOneself]);
  const toggle = (account: AccountId) =>
    onChange(chosen.includes(account) ? chosen.filter((a) => a !== account) : [...chosen, account]);
  return (
    <div>
      <label htmlFor={id} className="mb-1.5 block font-medium text-sm text-soft">
        {label} {chosen.length > 0 && <span className="text-muted">({chosen.length})</span>}
      </label>
      <input
        id={id}
        value={text}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => event.key === 'Enter' && event.preventDefault()}
        placeholder={t('common.searchByName')}
        className="h-11 w-full rounded-lg border border-line bg-canvas px-3 outline-none placeholder:text-muted focus:border-accent focus:ring-3 focus:ring-accent/20"
      />
      <ul className="mt-1.5 max-h-48 overflow-y-auto">
        {shown.map((user) => {
          const isChosen = chosen.includes(user.id);
          return (
            <li key={user.id}>
              <button
                type="button"
                aria-pressed={isChosen}
                onClick={() => toggle(user.id)}
                className="flex min-h-11 w-full items-center gap-3 rounded-lg px-2 text-left hover:bg-hover"
              >
                <Avatar id={user.id} name={user.displayName} size={30} />
                <span className="min-w-0 flex-1 truncate">
                  <bdi>{user.displayName}</bdi>{' '}
                  <span className="text-[13px] text-muted">@{user.username}</span>
                </span>
                <span
                  className={cx(
                    'flex size-5 items-center justify-center rounded-md border',
                    isChosen ? 'border-accent bg-accent text-on-accent' : 'border-line',
                  )}
                >
                  {isChosen && <Check size={14} />}
                </span>
              </button>
            </li>
          );
        })}
        {shown.length === 0 && (
          <li className="px-2 py-2 text-muted text-sm">
            {text.trim() === '' ? t('users.noneToAdd') : t('common.noMatches')}
          </li>
        )}
      </ul>
    </div>
  );
}

const NO_ACCOUNTS: ReadonlySet<AccountId> = new Set();
