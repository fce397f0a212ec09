import type { ConversationView } from '@parley/client';
import type { ConversationId } from '@parley/protocol';
import { useNavigate, useParams } from '@tanstack/react-router';
import { LeaveGroup } from '../conversations/leave-group.tsx';
import { useClient } from '../session/use-client.ts';
import { attempt } from '../ui/attempt.ts';

/** Leaves a group from its menu in the sidebar, after a question. */
export function LeaveDialog({
  view,
  onClose,
  onClosed,
}: {
  view: ConversationView;
  onClose: () => void;
  /** Called after the dialog has closed; the focus may now be moved. */
  onClosed: () => void;
}) {
  const client = useClient();
  const navigate = useNavigate();
  const isOpen = (useParams({ strict: false }).id as ConversationId | undefined) === view.id;
  const leave = async () => {
    onClose();
    // First, so that the page does not say that the user was removed.
    if (isOpen) await navigate({ to: '/' });
    const hasLeft = await attempt(() => client.api.leave(view.id));
    if (!hasLeft && isOpen) await navigate({ to: '/c/$id', params: { id: view.id } });
  };
  return (
    <LeaveGroup
      view={view}
      open
      onCancel={onClose}
      onClosed={onClosed}
      onConfirm={() => void leave()}
    />
  );
}
