import type { ConversationId } from '@parley/protocol';
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { errorMessage } from '../lib/text.ts';
import { keys } from '../queries/keys.ts';
import { pagesQuery } from '../queries/pages-query.ts';
import { useClient } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { fieldStyle } from '../ui/field-style.ts';
import { Loading } from '../ui/loading.tsx';
import { ShowMore } from '../ui/show-more.tsx';
import { toast } from '../ui/toast.ts';
import { useCoarsePointer } from '../ui/use-coarse-pointer.ts';
import { GroupIcon } from './group-icon.tsx';

/** Lists the public groups, to search, join and open them. */
export function BrowseGroups({ open, onClose }: { open: boolean; onClose: () => void }) {
  const client = useClient();
  const navigate = useNavigate();
  const isTouch = useCoarsePointer();
  const [text, setText] = useState('');
  const search = text.trim();
  const request = search === '' ? {} : { search };
  const groups = useInfiniteQuery({
    ...pagesQuery(
      keys.publicGroups('pages', request),
      (after: string | undefined, options) =>
        client.api.groups({ ...request, ...(after !== undefined && { after }) }, options),
      ({ id }) => id,
    ),
    enabled: open,
    placeholderData: keepPreviousData,
  });
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
        // On a touch screen, the keyboard would cover the list.
        autoFocus={!isTouch}
        aria-label={t('browseGroups.search')}
        placeholder={t('browseGroups.search')}
        className={`${fieldStyle()} mb-2 h-11 px-3`}
      />
      <Loading of={groups} />
      <ul className="-mx-2 min-h-40">
        {groups.data?.items.map((group) => (
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
        {groups.data?.items.length === 0 && (
          <li className="px-2 py-3 text-muted">
            {search === '' ? t('browseGroups.none') : t('common.noMatches')}
          </li>
        )}
      </ul>
      <ShowMore of={groups} className="mt-2 w-full">
        {t('common.showMore')}
      </ShowMore>
    </Dialog>
  );
}
