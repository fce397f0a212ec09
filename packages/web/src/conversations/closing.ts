import { type ConversationView, isClosed, type ParleyClient } from '@parley/client';
import type { ConversationId } from '@parley/protocol';
import { useNavigate, useParams } from '@tanstack/react-router';
import { useCallback, useEffect, useRef } from 'react';
import { useClient, useParley } from '../session/use-client.ts';
import { visits } from '../session/visits.ts';
import { t } from '../texts/index.ts';
import { attempt } from '../ui/attempt.ts';
import { toast } from '../ui/toast.ts';

/** Returns a function that closes a direct conversation, which can be undone. */
export function useCloseConversation(): (view: ConversationView) => void {
  const client = useClient();
  const navigate = useNavigate();
  const open = useParams({ strict: false }).id as ConversationId | undefined;
  return (view) => {
    const wasOpen = view.id === open;
    const run = async () => {
      const before = wasOpen ? visitedBefore(client, view.id) : undefined;
      if (before) await navigate({ to: '/c/$id', params: { id: before } });
      else if (wasOpen) await navigate({ to: '/' });
      if (!(await attempt(() => close(client, view)))) return;
      const undo = async () => {
        await client.sidebar.reopen(view.id);
        if (wasOpen) await navigate({ to: '/c/$id', params: { id: view.id } });
        else if (view.unread > 0) {
          await client.read(view.id, view.readSeq, { unread: true }).settled;
        }
      };
      toast(t('sidebar.closedNotice'), {
        action: { label: t('message.undo'), onClick: () => void attempt(undo) },
      });
    };
    void run();
  };
}

/**
 * Returns the conversation that was open before a closed one and can still be opened; on phones none: there, the
 * sidebar is a page of its own.
 */
function visitedBefore(client: ParleyClient, closed: ConversationId): ConversationId | undefined {
  if (!window.matchMedia('(min-width: 48rem)').matches) return undefined;
  const { conversations, sidebar } = client.snapshot;
  return visits().find((id) => {
    const view = conversations.get(id);
    return id !== closed && view !== undefined && !isClosed(view, sidebar);
  });
}

/** Closes a conversation. Its messages are shown as read at once; the server marks them too. */
async function close(client: ParleyClient, { id, lastSeq, unread }: ConversationView) {
  const closing = client.sidebar.close(id, lastSeq);
  if (unread > 0) void client.read(id, lastSeq).settled.catch(() => undefined);
  await closing;
}

/**
 * Reopens a closed conversation when the user opens it, however they got there. One that is closed
 * on another device while it is open here stays closed.
 */
export function useReopening(open: ConversationId | undefined): void {
  const client = useClient();
  const isLoaded = useParley((s) => s.sidebar.isLoaded);
  const handled = useRef<ConversationId | undefined>(undefined);
  const reopen = useCallback(
    (id: ConversationId) => {
      // If this fails, it is reopened when the user opens it again.
      if (client.snapshot.sidebar.closed.has(id)) client.sidebar.reopen(id).catch(() => undefined);
    },
    [client],
  );
  useEffect(() => {
    if (!isLoaded || handled.current === open) return;
    handled.current = open;
    if (open) reopen(open);
  }, [isLoaded, open, reopen]);
}
