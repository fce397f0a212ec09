import type { ConversationView } from '@parley/client';
import type { ConversationPermission, Seq } from '@parley/protocol';
import { useRef } from 'react';
import { titleOf } from '../lib/conversation-views.ts';
import { ConversationNotifications } from '../notifications/conversation-choice.tsx';
import { useParley } from '../session/use-client.ts';
import { BlockUser } from '../users/block-user.tsx';
import { Bans } from './bans.tsx';
import { CloseConversation } from './close-conversation.tsx';
import { ConversationFiles } from './conversation-files.tsx';
import { DetailsShell } from './details-shell.tsx';
import { GroupActions } from './group-actions.tsx';
import { GroupMembers } from './group-members.tsx';
import { GroupReports } from './group-reports.tsx';
import { GroupSettings } from './group-settings.tsx';
import { PinnedMessages } from './pinned-messages.tsx';

/** Why the details are opened: to see them all, only the members, or for a specific action. */
export type DetailsPart = 'all' | 'members' | 'add-people' | 'description';

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
  const users = useParley((s) => s.users);
  /** The message to show when the dialog is closed: until then it keeps the focus. */
  const jump = useRef<readonly [Seq, thread: Seq | null] | null>(null);
  const may = (action: ConversationPermission) => view.permissions.includes(action);

  return (
    <DetailsShell
      isWide={isWide}
      open={open}
      part={part}
      onClose={onClose}
      onClosed={() => {
        if (jump.current !== null) onJump(...jump.current);
        jump.current = null;
      }}
      title={titleOf(view, users)}
    >
      {part !== 'members' && (
        <>
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
        </>
      )}
      <GroupMembers view={view} startsAdding={part === 'add-people'} />
      {may('ban') && <Bans view={view} />}
      {part !== 'members' && (
        <>
          {may('ban') && <GroupReports view={view} />}
          {view.kind === 'direct' && <CloseConversation view={view} onClose={onClose} />}
          {view.peer !== null && <BlockUser account={view.peer} name={titleOf(view, users)} />}
          <GroupActions view={view} onClose={onClose} onLeaving={onLeaving} />
        </>
      )}
    </DetailsShell>
  );
}
