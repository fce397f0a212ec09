import type { ConversationView } from '@parley/client';
import type { ConversationPermission, Member, Seq } from '@parley/protocol';
import { useInfiniteQuery } from '@tanstack/react-query';
import { UserPlus } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { ConversationNotifications } from '../notifications/conversation-choice.tsx';
import { keys } from '../queries/keys.ts';
import { pagesQuery } from '../queries/pages-query.ts';
import { useClient, useParley } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { Button } from '../ui/button.tsx';
import { Loading } from '../ui/loading.tsx';
import { ShowMore } from '../ui/show-more.tsx';
import { BlockUser } from '../users/block-user.tsx';
import { AddMembers } from './add-members.tsx';
import { Bans } from './bans.tsx';
import { CloseConversation } from './close-conversation.tsx';
import { ConversationFiles } from './conversation-files.tsx';
import { DetailsShell } from './details-shell.tsx';
import { GroupActions } from './group-actions.tsx';
import { GroupLinks } from './group-links.tsx';
import { GroupReports } from './group-reports.tsx';
import { GroupSettings } from './group-settings.tsx';
import { MemberList } from './member-list.tsx';
import { titleOf } from './naming.ts';
import { PinnedMessages } from './pinned-messages.tsx';

const NONE: readonly Member[] = [];

/** Why the details are opened: to see them all, or for a specific action. */
export type DetailsPart = 'all' | 'add-people' | 'description';

/**
 * Shows the description of a conversation, its settings, pins, files and members, and the actions
 * that the user may take.
 */
export function Details({
  view,
  isWide,
  part,
  onClose,
  onLeaving,
  onJump,
}: {
  view: ConversationView;
  /** Whether there is space for a pane next to the conversation. */
  isWide: boolean;
  /** Null: they are closed. */
  part: DetailsPart | null;
  onClose: () => void;
  /** Called with true before the user leaves or deletes the group, with false if that fails. */
  onLeaving: (isLeaving: boolean) => void;
  /** Shows a message, in the conversation or in this thread. A dialog is closed by then. */
  onJump: (seq: Seq, thread: Seq | null) => void;
}) {
  const open = part !== null;
  const client = useClient();
  const users = useParley((s) => s.users);
  const [adding, setAdding] = useState(false);
  useEffect(() => setAdding(part === 'add-people'), [part]);
  /** The message to show when the dialog is closed: until then it keeps the focus. */
  const jump = useRef<readonly [Seq, thread: Seq | null] | null>(null);
  const may = (action: ConversationPermission) => view.permissions.includes(action);

  const members = useInfiniteQuery({
    ...pagesQuery(
      keys.members(view.id),
      (after: string | undefined, options) =>
        client.api.members(view.id, { limit: 100, ...(after && { after }) }, options),
      ({ account }) => account,
    ),
    enabled: open,
  });

  return (
    <DetailsShell
      isWide={isWide}
      open={open}
      onClose={onClose}
      onClosed={() => {
        if (jump.current !== null) onJump(...jump.current);
        jump.current = null;
      }}
      title={titleOf(view, users)}
    >
      <GroupSettings view={view} focusesDescription={part === 'description'} />
      <ConversationNotifications conversation={view.id} />
      <PinnedMessages
        view={view}
        onJump={(seq, thread) => {
          // In a pane the list of pins stays next to the message.
          if (isWide) return onJump(seq, thread);
          jump.current = [seq, thread];
          onClose();
        }}
      />
      <ConversationFiles view={view} />
      <div className="flex items-center justify-between">
        <h3 className="font-medium text-sm text-soft">
          {t('common.members', { count: view.memberCount })}
        </h3>
        {may('add_member') && (
          <Button look="quiet" onClick={() => setAdding(!adding)} aria-expanded={adding}>
            <UserPlus size={16} /> {t('common.addPeople')}
          </Button>
        )}
      </div>
      {may('add_member') && <GroupLinks view={view} />}
      {adding && (
        <AddMembers
          view={view}
          members={members.data?.items ?? NONE}
          onDone={() => setAdding(false)}
        />
      )}
      <MemberList view={view} members={members.data?.items ?? NONE} />
      <Loading of={members} />
      <ShowMore of={members} className="mt-2 w-full">
        {t('common.showMore')}
      </ShowMore>
      {may('ban') && <Bans view={view} />}
      {may('ban') && <GroupReports view={view} />}
      {view.kind === 'direct' && <CloseConversation view={view} onClose={onClose} />}
      {view.peer !== null && <BlockUser account={view.peer} name={titleOf(view, users)} />}
      <GroupActions view={view} onClose={onClose} onLeaving={onLeaving} />
    </DetailsShell>
  );
}
