import type { ConversationId, PublicGroup } from '@parley/protocol';
import { useNavigate } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { toast } from 'sonner';
import { errorMessage } from '../lib/text.ts';
import { useClient } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { fieldStyle } from '../ui/field-style.ts';
import { GroupIcon } from './group-icon.tsx';

/** Lists the public groups, to search, join and open them. */
export function BrowseGroups({ open, onClose }: { open: boolean; onClose: () => void }) {
  const client = useClient();
  const navigate = useNavigate();
  const [text, setText] = useState('');
  const [groups, setGroups] = useState<readonly PublicGroup[] | null>(null);
  const [next, setNext] = useState<string | null>(null);
  const [problem, setProblem] = useState<string | null>(null);

  useEffect(() => {
    if (!open) return;
    let stale = false;
    const load = async () => {
      try {
        const page = await client.api.groups({ ...(text.trim() && { search: text.trim() }) });
        if (stale) return;
        setGroups(page.items);
        setNext(page.next);
        setProblem(null);
      } catch (error) {
        if (!stale) setProblem(errorMessage(error));
      }
    };
    void load();
    return () => {
      stale = true;
    };
  }, [open, text, client]);

  const more = async () => {
    if (next === null) return;
    try {
      const page = await client.api.groups({
        after: next,
        ...(text.trim() && { search: text.trim() }),
      });
      setGroups([...(groups ?? []), ...page.items]);
      setNext(page.next);
    } catch (error) {
      setProblem(errorMessage(error));
    }
  };
  const go = async (id: ConversationId, join: boolean) => {
    try {
      if (join) await client.api.join(id);
      onClose();
      await navigate({ to: '/c/$id', params: { id } });
    } catch (error) {
      toast.error(errorMessage(error));
    }
  };
  return (
    <Dialog open={open} onClose={onClose} title={t('browseGroups.title')}>
      <input
        value={text}
        onChange={(event) => setText(event.target.value)}
        aria-label={t('browseGroups.search')}
        placeholder={t('browseGroups.search')}
        className={`${fieldStyle()} mb-2 h-11 px-3`}
      />
      {problem && <p className="py-2 text-danger text-sm">{problem}</p>}
      <ul className="-mx-2 min-h-40">
        {groups?.map((group) => (
          <li key={group.id} className="flex min-h-14 items-center gap-3 rounded-lg px-2">
            <GroupIcon
              group={{ avatar: group.avatar, visibility: 'public' }}
              className="bg-sunken text-muted"
            />
            <span className="min-w-0 flex-1">
              <span className="block truncate font-medium">
                <bdi>{group.name}</bdi>
              </span>
              <span className="block truncate text-note text-muted">
                {[t('common.members', { count: group.memberCount }), group.topic]
                  .filter(Boolean)
                  .join(' · ')}
              </span>
            </span>
            <Button
              look={group.isMember ? 'quiet' : 'plain'}
              onClick={() => void go(group.id, !group.isMember)}
              aria-label={
                group.isMember
                  ? t('browseGroups.openNamed', { name: group.name })
                  : t('browseGroups.joinNamed', { name: group.name })
              }
            >
              {group.isMember ? t('common.open') : t('browseGroups.join')}
            </Button>
          </li>
        ))}
        {groups?.length === 0 && (
          <li className="px-2 py-3 text-muted">
            {text.trim() === '' ? t('browseGroups.none') : t('common.noMatches')}
          </li>
        )}
        {groups === null && !problem && <li className="shimmer mx-2 h-12 rounded-lg" />}
      </ul>
      {next !== null && (
        <Button className="mt-2 w-full" onClick={() => void more()}>
          {t('common.showMore')}
        </Button>
      )}
    </Dialog>
  );
}
