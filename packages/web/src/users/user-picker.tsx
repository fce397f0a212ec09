import type { AccountId } from '@parley/protocol';
import { Check } from 'lucide-react';
import { type KeyboardEvent, useId, useMemo, useState } from 'react';
import { Problem } from '../auth/problem.tsx';
import { useParley } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { Avatar } from '../ui/avatar.tsx';
import { cx } from '../ui/cx.ts';
import { fieldStyle } from '../ui/field-style.ts';
import { Handle } from './handle.tsx';
import { shownUsers } from './shown-users.ts';
import { useNames } from './use-names.ts';
import { useUserSearch } from './use-user-search.ts';

/**
 * A multi-select of active users, without the accounts in `without`, and without the current user unless
 * `includesOneself`. Chosen users can always be removed, also deactivated ones.
 */
export function UsersPicker({
  label,
  chosen,
  onChange,
  without = NO_ACCOUNTS,
  includesOneself = false,
  autoFocus = false,
}: {
  label: string;
  chosen: readonly AccountId[];
  onChange: (chosen: readonly AccountId[]) => void;
  without?: ReadonlySet<AccountId>;
  includesOneself?: boolean;
  autoFocus?: boolean;
}) {
  const id = useId();
  const users = useParley((s) => s.users);
  const me = useParley((s) => s.me);
  const [text, setText] = useState('');
  // These stay first, so that nothing moves while users are chosen.
  const [first] = useState(chosen);
  useNames(first);
  const foundUsers = useUserSearch(text);
  const options = useMemo(() => {
    const excluded = new Set(without);
    if (!includesOneself && me) excluded.add(me.id);
    return shownUsers({ known: users, found: foundUsers, text, first, chosen, excluded });
  }, [users, me, text, without, includesOneself, foundUsers, first, chosen]);
  const toggle = (account: AccountId) =>
    onChange(chosen.includes(account) ? chosen.filter((a) => a !== account) : [...chosen, account]);
  /** Chooses the first match of what was typed; Enter never submits the form around it. */
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Enter') return;
    event.preventDefault();
    const match = options.find((user) => !chosen.includes(user.id));
    if (text.trim() === '' || !match) return;
    toggle(match.id);
    setText('');
  };
  return (
    <div>
      <label htmlFor={id} className="mb-1.5 block font-medium text-sm text-soft">
        {label} {chosen.length > 0 && <span className="text-muted">({chosen.length})</span>}
      </label>
      <input
        id={id}
        value={text}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={onKeyDown}
        // biome-ignore lint/a11y/noAutofocus: it appears when the user asks for it
        autoFocus={autoFocus}
        placeholder={t('common.searchByName')}
        className={`${fieldStyle()} h-11 px-3`}
      />
      <ul className="mt-1.5 max-h-48 overflow-y-auto">
        {options.map((user) => {
          const isChosen = chosen.includes(user.id);
          return (
            <li key={user.id}>
              <button
                type="button"
                aria-pressed={isChosen}
                onClick={() => toggle(user.id)}
                className="-outline-offset-2 flex min-h-11 w-full items-center gap-3 rounded-lg px-2 text-start hover:bg-hover"
              >
                <Avatar id={user.id} name={user.displayName} size={30} />
                <span className="min-w-0 flex-1 truncate">
                  <bdi>{user.displayName}</bdi>{' '}
                  <span className="text-note text-muted">
                    <Handle name={user.username} />
                    {!user.isActive && ` · ${t('common.deactivated')}`}
                  </span>
                </span>
                <span
                  className={cx(
                    'flex size-5 items-center justify-center rounded-md border',
                    isChosen ? 'border-accent bg-accent text-on-accent' : 'border-edge',
                  )}
                >
                  {isChosen && <Check size={14} />}
                </span>
              </button>
            </li>
          );
        })}
        {options.length === 0 && foundUsers.isComplete && foundUsers.problem === null && (
          <li className="px-2 py-2 text-muted text-sm">
            {text.trim() === '' ? t('users.noneToAdd') : t('common.noMatches')}
          </li>
        )}
      </ul>
      <Problem text={foundUsers.problem} />
    </div>
  );
}

const NO_ACCOUNTS: ReadonlySet<AccountId> = new Set();
