import { type AccountId, type ConversationId, LIMITS } from '@parley/protocol';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { keys } from '../queries/keys.ts';
import { useClient, useParley } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { Checkbox } from '../ui/checkbox.tsx';
import { fieldStyle } from '../ui/field-style.ts';
import { Loading } from '../ui/loading.tsx';

/** The highest number of listed public groups; a search finds the others. */
const LISTED = 100;

/**
 * Chooses groups for a guest: public ones, or with `member` those of them that the account is in, and with
 * `withPrivate` those to which the user may add members.
 */
export function GroupChoice({
  label,
  chosen,
  onChange,
  withPrivate = false,
  member,
}: {
  label: string;
  chosen: ReadonlySet<ConversationId>;
  onChange: (chosen: ReadonlySet<ConversationId>) => void;
  withPrivate?: boolean;
  member?: AccountId;
}) {
  const client = useClient();
  const conversations = useParley((s) => s.conversations);
  const [search, setSearch] = useState('');
  const text = search.trim().toLowerCase();
  const request = { limit: LISTED, ...(text && { search: text }), ...(member && { member }) };
  const listed = useQuery({
    queryKey: keys.publicGroups('choice', request),
    queryFn: ({ signal }) => client.api.groups(request, { signal }),
    placeholderData: keepPreviousData,
  });
  const everyone = [...conversations.values()].find((c) => c.isEveryone)?.id;
  const own = [...conversations.values()]
    .filter(
      (c) => withPrivate && c.visibility === 'private' && c.permissions.includes('add_member'),
    )
    .filter((c) => (c.name ?? '').toLowerCase().includes(text))
    .map((c) => ({ id: c.id, name: c.name ?? '' }));
  const others = (listed.data?.items ?? []).filter(({ id }) => id !== everyone);
  const groups = [...own, ...others].sort((a, b) => a.name.localeCompare(b.name));
  const toggle = (id: ConversationId) => {
    const next = new Set(chosen);
    if (!next.delete(id)) next.add(id);
    onChange(next);
  };
  return (
    <fieldset>
      <legend className="mb-1.5 font-medium text-sm text-soft">{label}</legend>
      <input
        type="search"
        value={search}
        onChange={(event) => setSearch(event.target.value)}
        aria-label={t('guests.searchGroups')}
        placeholder={t('guests.searchGroups')}
        className={`${fieldStyle()} mb-2 h-10 pointer-coarse:h-11 px-3 text-sm`}
      />
      <div className="max-h-48 overflow-y-auto rounded-lg border border-line">
        <Loading of={listed} />
        {groups.map(({ id, name }) => (
          <Checkbox
            key={id}
            label={<bdi className="truncate">{name}</bdi>}
            checked={chosen.has(id)}
            disabled={!chosen.has(id) && chosen.size >= LIMITS.guestGroups}
            onChange={() => toggle(id)}
            className="px-3"
          />
        ))}
        {listed.data && groups.length === 0 && (
          <p className="px-3 py-2.5 text-muted text-sm">{t('common.noMatches')}</p>
        )}
      </div>
    </fieldset>
  );
}
