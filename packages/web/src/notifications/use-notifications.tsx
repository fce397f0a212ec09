import type { ParleyClient } from '@parley/client';
import { type DurableCommand, decideNotification, type Seq } from '@parley/protocol';
import { useNavigate } from '@tanstack/react-router';
import { useEffect, useMemo } from 'react';
import { answerWorker, onNotificationOpened } from '../lib/browser-notifications.ts';
import { messageHash } from '../lib/message-hash.ts';
import { errorMessage } from '../lib/text.ts';
import { isPushOn } from '../session/device.ts';
import { useAccountId, useClient, useParley } from '../session/use-client.ts';
import { loadRestOfTexts, refusalText, t } from '../texts/index.ts';
import type { PlainKey } from '../texts/keys.ts';
import { RichText } from '../texts/rich-text.tsx';
import { attempt } from '../ui/attempt.ts';
import { toast } from '../ui/toast.ts';
import { handleOf } from '../users/handle.tsx';
import { BlockedUsers } from './blocked-users.ts';
import { MessageNotices } from './message-notices.tsx';
import { isViewing } from './page-focus.ts';
import { ReactionNotices } from './reaction-notices.tsx';
import { recipientOf, recipientSettings } from './recipient.ts';

/** The title of the toast for each rejected command; null for read cursors, which are sent again. */
const REJECTED: Record<DurableCommand['op'], PlainKey | null> = {
  post: 'notifications.postFailed',
  edit: 'notifications.editFailed',
  delete: 'notifications.deleteFailed',
  react: 'notifications.reactFailed',
  unreact: 'notifications.unreactFailed',
  pin: 'notifications.pinFailed',
  unpin: 'notifications.unpinFailed',
  read: null,
};

/**
 * Notifies the user of messages in other conversations (a toast while the page has the focus, a
 * browser notification while it does not), of new users, and of commands that the server rejected.
 */
export function useNotifications(): void {
  const client = useClient();
  const account = useAccountId();
  const navigate = useNavigate();
  const isLive = useParley((s) => s.state) === 'live';
  // biome-ignore lint/correctness/useExhaustiveDependencies: each account has its own list.
  const blocked = useMemo(() => new BlockedUsers(client), [client, account]);
  useEffect(() => {
    if (!isLive) return;
    // After a failure it is loaded at the next ping.
    client.notifications.load().catch(() => undefined);
    // After a failure it is loaded at the next connection.
    blocked.load().catch(() => undefined);
  }, [client, blocked, isLive]);
  useEffect(() => {
    if (!isLive || !isPushOn(account)) return;
    // After a failure it is retried on the next page load.
    void import('./push.ts')
      .then(({ renewPush }) => renewPush(client, account))
      .catch((error: unknown) => console.warn('Push subscription not renewed:', error));
  }, [client, account, isLive]);
  useEffect(() => {
    const go = (id: string, thread: number | null = null) =>
      void navigate({ to: '/c/$id', params: { id }, search: thread === null ? {} : { thread } });
    const notices = new MessageNotices(client, account, blocked, go);
    const reactions = new ReactionNotices(client, account, blocked, go);
    const stops = [
      client.onEvent((event) => blocked.apply(event)),
      client.onEvent((event) => notices.apply(event)),
      client.onEvent((event) => void reactions.apply(event)),
      client.subscribe(() => notices.updateAuthors()),
      showRejections(client, go),
      client.on('refused', (error) => toast.error(errorMessage(error))),
      client.on('registered', (user) => {
        const { inApp } = decideNotification(
          { kind: 'new_user', actor: user.id },
          recipientSettings(client, account),
          recipientOf(account, blocked.has(user.id)),
          Date.now(),
        );
        if (!inApp) return;
        toast(<JoinedTitle name={user.displayName} />, {
          description: handleOf(user.username),
        });
      }),
      onNotificationOpened(({ conversation, seq, thread }) => {
        const search = thread === null ? {} : { thread };
        const hash = seq === null ? '' : messageHash(seq as Seq);
        void navigate({ to: '/c/$id', params: { id: conversation }, search, hash });
      }),
      answerWorker((asked) => asked === account && client.state === 'live'),
      // No data of this account may remain for the next one.
      () => notices.clear(),
    ];
    return () => {
      for (const stop of stops) stop();
    };
  }, [client, account, blocked, navigate]);
}

const JoinedTitle = ({ name }: { name: string }) => (
  <RichText text="notifications.joined" parts={{ name: <bdi>{name}</bdi> }} />
);

function showRejections(client: ParleyClient, go: (id: string) => void): () => void {
  return client.on('nack', async ({ entry, refusal }) => {
    // Without the texts of refusals the reason would be in English.
    await loadRestOfTexts().catch(() => undefined);
    const { command } = entry;
    const { op, conversation } = command;
    const description = REJECTED[op];
    // A rejected message already shows its error in the open conversation.
    if (description === null || (op === 'post' && isViewing(conversation))) return;
    toast.error(t(description), {
      description: refusalText(refusal),
      ...(op === 'post' && {
        action: { label: t('common.open'), onClick: () => go(conversation) },
      }),
      // The message shows its earlier text again: the new one is only here, until the user closes it.
      ...(command.op === 'edit' && {
        duration: Number.POSITIVE_INFINITY,
        closeButton: true,
        action: {
          label: t('message.copyText'),
          onClick: () => void attempt(() => navigator.clipboard.writeText(command.body)),
        },
      }),
    });
  });
}
