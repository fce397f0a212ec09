import type { ConversationView } from '@parley/client';
import type { Member } from '@parley/protocol';
import { useInfiniteQuery } from '@tanstack/react-query';
import { UserPlus } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { keys } from '../queries/keys.ts';
import { pagesQuery } from '../queries/pages-query.ts';
import { useClient } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { Button } from '../ui/button.tsx';
import { Loading } from '../ui/loading.tsx';
import { ShowMore } from '../ui/show-more.tsx';
import { AddMembers } from './add-members.tsx';
import { GroupLinks } from './group-links.tsx';
import { MemberList } from './member-list.tsx';

const NONE: readonly Member[] = [];

/** The members of a conversation, and how others become members. */
export function GroupMembers({
  view,
  startsAdding,
}: {
  view: ConversationView;
  /** Whether the user has opened it to add people. */
  startsAdding: boolean;
}) {
  const client = useClient();
  const header = useRef<HTMLDivElement>(null);
  const [adding, setAdding] = useState(startsAdding);
  useEffect(() => setAdding(startsAdding), [startsAdding]);
  const endAdding = () => {
    header.current?.querySelector('button')?.focus();
    setAdding(false);
  };
  const mayAdd = view.permissions.includes('add_member');
  const loaded = useInfiniteQuery(
    pagesQuery(
      keys.members(view.id),
      (after: string | undefined, options) =>
        client.api.members(view.id, { limit: 100, ...(after && { after }) }, options),
      ({ account }) => account,
    ),
  );
  const members = loaded.data?.items ?? NONE;
  return (
    <>
      <div ref={header} className="flex items-center justify-between">
        <h3 className="font-medium text-sm text-soft">
          {t('common.members', { count: view.memberCount })}
        </h3>
        {mayAdd && (
          <Button look="quiet" onClick={() => setAdding(!adding)} aria-expanded={adding}>
            <UserPlus size={16} /> {t('common.addPeople')}
          </Button>
        )}
      </div>
      {mayAdd && <GroupLinks view={view} />}
      {adding && <AddMembers view={view} members={members} onDone={endAdding} />}
      <MemberList view={view} members={members} />
      <Loading of={loaded} />
      <ShowMore of={loaded} className="mt-2 w-full">
        {t('common.showMore')}
      </ShowMore>
    </>
  );
}
