import { permissionsOn, type TimelineMessage } from '@parley/client';
import type { MessagePermission } from '@parley/protocol';
import { useParley } from '../session/use-client.ts';

const NONE = { own: [], others: [] };

/** Returns whether the user may act so on a message, as the server has said. */
export function usePermissions(message: TimelineMessage): (action: MessagePermission) => boolean {
  const me = useParley((s) => s.me);
  const messagePermissions =
    useParley((s) => s.conversations.get(message.conversation)?.messagePermissions) ?? NONE;
  const permissions = permissionsOn({ messagePermissions }, message, me?.id ?? null);
  return (action) => permissions.includes(action);
}
