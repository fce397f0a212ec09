import type { ConversationView } from '@parley/client';
import { titleOf } from '../lib/conversation-views.ts';
import { useParley } from '../session/use-client.ts';
import { Avatar } from '../ui/avatar.tsx';
import type { ShownPresence } from '../ui/presence-dot.tsx';
import { GroupIcon } from './group-icon.tsx';

/** Shows the avatar of a conversation: of the other user, or of the group. */
export function ConversationAvatar({
  view,
  size = 36,
  presence,
}: {
  view: ConversationView;
  size?: number;
  presence?: ShownPresence | undefined;
}) {
  const users = useParley((s) => s.users);
  if (view.kind === 'group') {
    return <GroupIcon group={view} size={size} className="bg-accent-soft text-accent-strong" />;
  }
  return (
    <Avatar id={view.peer ?? view.id} name={titleOf(view, users)} size={size} presence={presence} />
  );
}
