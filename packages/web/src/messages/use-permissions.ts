import { nextWindowEnd, permissionsOn, type TimelineMessage } from '@parley/client';
import type { MessagePermission } from '@parley/protocol';
import { useEffect, useState } from 'react';
import { useParley } from '../session/use-client.ts';

const NONE = { own: [], others: [] };
/** The longest delay of a browser timer, ms. */
const TIMER_MAX_MS = 2 ** 31 - 1;

/** Returns whether the server permits the user an action on a message. */
export function usePermissions(message: TimelineMessage): (action: MessagePermission) => boolean {
  const me = useParley((s) => s.me);
  const messagePermissions =
    useParley((s) => s.conversations.get(message.conversation)?.messagePermissions) ?? NONE;
  const [, setEnded] = useState(0);
  // Actions disappear when their time limit ends.
  const end = me && message.author === me.id ? nextWindowEnd(message, me) : null;
  useEffect(() => {
    if (end === null) return;
    const wait = Math.min(Math.max(0, end - Date.now()), TIMER_MAX_MS);
    const timer = setTimeout(() => setEnded(end), wait);
    return () => clearTimeout(timer);
  }, [end]);
  const permissions = permissionsOn({ messagePermissions }, message, me);
  return (action) => permissions.includes(action);
}
