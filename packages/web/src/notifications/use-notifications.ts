import type { Seq } from '@parley/protocol';
import { useNavigate } from '@tanstack/react-router';
import { useEffect, useMemo } from 'react';
import {
  answerWorker,
  closeNotifications,
  onNotificationOpened,
} from '../lib/browser-notifications.ts';
import { idleAfterStart } from '../lib/idle-schedule.ts';
import { loadPart, mayLoadAhead } from '../lib/load-error.ts';
import { messageHash } from '../lib/message-hash.ts';
import { isPushOn } from '../session/device.ts';
import { useAccountId, useClient, useParley } from '../session/use-client.ts';
import { BlockedUsers } from './blocked-users.ts';
import type { Notices, NoticesDeps, OpenConversation } from './notices.tsx';

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

/**
 * Shows notices, whose code is loaded when something happens of which the user may be notified, or after the start.
 * Returns a function that ends it.
 */
function followNotices(deps: NoticesDeps): () => void {
  const { client } = deps;
  let notices: Notices | null = null;
  let isStopped = false;
  /** What has happened since the code was requested. */
  let waiting: ((notices: Notices) => void)[] = [];
  const load = async () => {
    const module = await loadPart(() => import('./notices.tsx'));
    if (isStopped || notices) return;
    notices = new module.Notices(deps);
    for (const notify of waiting) notify(notices);
    waiting = [];
  };
  const notify = (run: (notices: Notices) => void) => {
    if (notices) {
      run(notices);
      return;
    }
    waiting.push(run);
    // If it fails, the next event tries again.
    load().catch((error: unknown) => console.warn('Notice not shown:', error));
  };
  const stops = [
    idleAfterStart.schedule(() => {
      if (mayLoadAhead()) load().catch(() => undefined);
    }),
    client.onEvent((event) => {
      // Messages that were missed while offline show as unread counts.
      if (notices || client.state === 'live') notify((to) => to.event(event));
    }),
    client.subscribe(() => notices?.changed()),
    client.on('nack', (nack) => notify((to) => to.rejected(nack))),
    client.on('refused', (error) => notify((to) => to.refused(error))),
    client.on('registered', (user) => notify((to) => to.registered(user))),
  ];
  return () => {
    isStopped = true;
    for (const stop of stops) stop();
    // No data of this account may remain for the next one.
    notices?.clear();
    void closeNotifications();
  };
}
