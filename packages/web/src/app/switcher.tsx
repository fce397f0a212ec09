import type { ConversationView } from '@parley/client';
import type { AccountId, FoundName, ImageId, User } from '@parley/protocol';
import { useNavigate } from '@tanstack/react-router';
import { type ReactNode, useEffect, useMemo, useState } from 'react';
import { GroupIcon } from '../conversations/group-icon.tsx';
import { byActivity, titleOf } from '../conversations/naming.ts';
import { useClient, useParley } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { Avatar } from '../ui/avatar.tsx';
import { cx } from '../ui/cx.ts';
import { Dialog } from '../ui/dialog.tsx';
import { usePresenceOf } from '../users/use-presence-of.ts';
import { useOpenDirect } from '../users/user-list.tsx';

/** The delay between a keystroke and the request, ms. */
const TYPING_MS = 80;
/** Maximum number of results. */
const SHOWN = 12;

/** One result: a user, or something with an icon of its own. */
interface Result {
  readonly key: string;
  readonly title: string;
  readonly note: string;
  readonly user: AccountId | null;
  readonly avatar: ImageId | null;
  readonly icon: ReactNode;
  readonly go: () => Promise<void>;
}

/** Finds a group or a person by a part of the name, and opens the conversation. */
export function Switcher({ open, onClose }: { open: boolean; onClose: () => void }) {
  const conversations = useParley((s) => s.conversations);
  const users = useParley((s) => s.users);
  const me = useParley((s) => s.me);
  const navigate = useNavigate();
  const openDirect = useOpenDirect();
  const [text, setText] = useState('');
  const [at, setAt] = useState(0);
  useEffect(() => {
    if (!open) return;
    setText('');
    setAt(0);
  }, [open]);

  const found = useFoundNames(open ? text : '');
  const results = useMemo(() => {
    const groupOf = (c: ConversationView): Result => ({
      key: c.id as string,
      title: titleOf(c, users),
      user: null,
      avatar: null,
      note: c.visibility === 'private' ? t('switcher.privateGroup') : t('switcher.group'),
      icon: <GroupIcon group={c} size={32} className="bg-sunken text-muted" />,
      go: () => navigate({ to: '/c/$id', params: { id: c.id } }),
    });
    const userOf = (p: User): Result => ({
      key: p.id as string,
      title: p.displayName,
      note: `@${p.username}`,
      user: p.id,
      avatar: p.avatar,
      icon: null,
      go: () => openDirect(p.id),
    });
    // The answer of the server, the best match first; until then, and offline, what is known here.
    if (found !== null) {
      return found.flatMap((one) => {
        if (one.kind === 'user') return one.user.id === me?.id ? [] : [userOf(one.user)];
        const view = conversations.get(one.id);
        return view ? [groupOf(view)] : [];
      });
    }
    const query = fold(text);
    const matches = (...names: string[]) => names.some((name) => fold(name).includes(query));
    const groups = [...conversations.values()]
      .filter((c) => c.kind === 'group' && matches(titleOf(c, users)))
      .sort(byActivity)
      .map(groupOf);
    const people = [...users.values()]
      .filter((p) => p.isActive && p.id !== me?.id && matches(p.displayName, p.username))
      .sort((a, b) => a.displayName.localeCompare(b.displayName))
      .map(userOf);
    return [...groups, ...people].slice(0, SHOWN);
  }, [found, text, conversations, users, me, navigate, openDirect]);
  const presence = usePresenceOf(open ? results.flatMap((result) => result.user ?? []) : []);

  const choose = (n: number) => {
    const result = results[n];
    if (!result) return;
    onClose();
    void result.go();
  };
  return (
    <Dialog open={open} onClose={onClose} title={t('switcher.title')}>
      <input
        // The user has just opened the dialog to type.
        autoFocus
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          setAt(0);
        }}
        onKeyDown={(event) => {
          if (event.key === 'ArrowDown') setAt(Math.min(at + 1, results.length - 1));
          else if (event.key === 'ArrowUp') setAt(Math.max(at - 1, 0));
          else if (event.key === 'Enter') choose(at);
          else return;
          event.preventDefault();
        }}
        role="combobox"
        aria-expanded="true"
        aria-controls="switcher-results"
        aria-activedescendant={results[at] ? `switcher-${results[at].key}` : undefined}
        aria-label={t('switcher.search')}
        placeholder={t('common.searchByName')}
        className="mb-2 h-11 w-full rounded-lg border border-line bg-canvas px-3 outline-none focus:border-accent focus:ring-3 focus:ring-accent/20"
      />
      <div
        id="switcher-results"
        role="listbox"
        aria-label={t('switcher.results')}
        className="-mx-2 min-h-40"
      >
        {results.map((result, n) => (
          <div
            key={result.key}
            id={`switcher-${result.key}`}
            role="option"
            tabIndex={-1}
            aria-selected={n === at}
            onMouseEnter={() => setAt(n)}
            onClick={() => choose(n)}
            onKeyDown={() => undefined}
            className={cx(
              'flex min-h-12 cursor-pointer items-center gap-3 rounded-lg px-2',
              n === at && 'bg-hover',
            )}
          >
            {result.user === null ? (
              result.icon
            ) : (
              <Avatar
                id={result.user}
                name={result.title}
                size={32}
                presence={presence(result.user)}
                avatar={result.avatar}
              />
            )}
            <bdi className="min-w-0 flex-1 truncate">{result.title}</bdi>
            <span className="truncate text-muted text-sm">{result.note}</span>
          </div>
        ))}
        {results.length === 0 && <p className="px-2 py-3 text-muted">{t('common.noMatches')}</p>}
      </div>
    </Dialog>
  );
}

/** Returns the text without case and accents, for comparison. */
const fold = (text: string): string => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();

/** Returns what the server finds for a text; null without a text, and until it has answered. */
function useFoundNames(text: string): readonly FoundName[] | null {
  const client = useClient();
  const [found, setFound] = useState<{ text: string; items: readonly FoundName[] } | null>(null);
  useEffect(() => {
    if (text.trim() === '') return;
    const request = new AbortController();
    const timer = setTimeout(async () => {
      try {
        const items = await client.api.searchNames(text, { limit: SHOWN, signal: request.signal });
        if (!request.signal.aborted) setFound({ text, items });
      } catch {
        // Offline or aborted: what is known here stays.
      }
    }, TYPING_MS);
    return () => {
      clearTimeout(timer);
      request.abort();
    };
  }, [client, text]);
  return found?.text === text ? found.items : null;
}
