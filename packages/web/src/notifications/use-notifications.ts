import type { Seq } from '@parley/protocol';
import { useNavigate } from '@tanstack/react-router';
import { useEffect, useMemo } from 'react';
import { answerWorker, onNotificationOpened } from '../lib/browser-notifications.ts';
import { messageHash } from '../lib/message-hash.ts';
import { isPushOn } from '../session/device.ts';
import { useAccountId, useClient, useParley } from '../session/use-client.ts';
import { BlockedUsers } from './blocked-users.ts';
import { Notices, type NoticesDeps, type OpenConversation } from './notices.tsx';

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
    const open: OpenConversation = (id, thread = null) =>
      void navigate({ to: '/c/$id', params: { id }, search: thread === null ? {} : { thread } });
    const stops = [
      client.onEvent((event) => blocked.apply(event)),
      followNotices({ client, account, blocked, open }),
      onNotificationOpened(({ conversation, seq, thread }) => {
        const search = thread === null ? {} : { thread };
        const hash = seq === null ? '' : messageHash(seq as Seq);
        void navigate({ to: '/c/$id', params: { id: conversation }, search, hash });
      }),
      answerWorker((asked) => asked === account && client.state === 'live'),
    ];
    return () => {
      for (const stop of stops) stop();
    };
  }, [client, account, blocked, navigate]);
}

/** Shows notices. Returns a function that ends it. */
function followNotices(deps: NoticesDeps): () => void {
  const { client } = deps;
  const notices = new Notices(deps);
  const stops = [
    client.onEvent((event) => notices.event(event)),
    client.subscribe(() => notices.changed()),
    client.on('nack', (nack) => void notices.rejected(nack)),
    client.on('refused', (error) => notices.refused(error)),
    client.on('registered', (user) => notices.registered(user)),
  ];
  return () => {
    for (const stop of stops) stop();
    // No data of this account may remain for the next one.
    notices.clear();
  };
}
