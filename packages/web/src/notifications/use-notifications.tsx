import type { ParleyClient } from '@parley/client';
import type { DurableCommand } from '@parley/protocol';
import { useNavigate } from '@tanstack/react-router';
import { useEffect } from 'react';
import { toast } from 'sonner';
import { useAccountId, useClient } from '../session/use-client.ts';
import { onNotificationOpened } from './browser.ts';
import { looksAt } from './looking.ts';
import { MessageNotices } from './message-notices.tsx';

/** What was refused, in words. Read marks are nobody’s concern: the next one mends them. */
const REFUSED: Record<DurableCommand['op'], string | null> = {
  post: 'Your message was not sent',
  edit: 'Your edit was not saved',
  delete: 'The message was not deleted',
  react: 'Your reaction was not added',
  unreact: 'Your reaction was not removed',
  read: null,
};

/**
 * Tells of messages that the person does not see: a toast when the page is looked at but another
 * conversation is open, a browser notification when it is not; of people who register; and of what
 * the server has refused.
 */
export function useNotifications(): void {
  const client = useClient();
  const account = useAccountId();
  const navigate = useNavigate();
  useEffect(() => {
    const go = (id: string) => void navigate({ to: '/c/$id', params: { id } });
    const notices = new MessageNotices(client, account, go);
    const stops = [
      client.onEvent((event) => notices.apply(event)),
      tellRefusals(client, go),
      client.on('registered', (user) => {
        toast(<JoinedTitle name={user.displayName} />, {
          description: `@${user.username}`,
        });
      }),
      onNotificationOpened(go),
      // Nothing of this account stays for the next one.
      () => notices.clear(),
    ];
    return () => {
      for (const stop of stops) stop();
    };
  }, [client, account, navigate]);
}

const JoinedTitle = ({ name }: { name: string }) => (
  <>
    <bdi>{name}</bdi> has joined Parley
  </>
);

function tellRefusals(client: ParleyClient, go: (id: string) => void): () => void {
  return client.on('nack', ({ entry, refusal }) => {
    const { op, conversation } = entry.command;
    const description = REFUSED[op];
    // A refused message says so itself, where it stands.
    if (description === null || (op === 'post' && looksAt(conversation))) return;
    toast.error(description, {
      description: refusal.message,
      ...(op === 'post' && { action: { label: 'Open', onClick: () => go(conversation) } }),
    });
  });
}
