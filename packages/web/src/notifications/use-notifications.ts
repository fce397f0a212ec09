import type { ParleyClient } from '@parley/client';
import { conversationOfStream, type DurableCommand } from '@parley/protocol';
import { useNavigate } from '@tanstack/react-router';
import { useEffect } from 'react';
import { toast } from 'sonner';
import { titleOf } from '../conversations/naming.ts';
import { excerpt } from '../lib/display-text.ts';
import { useClient } from '../session/use-client.ts';
import { notify, onNotificationOpened } from './browser.ts';
import { chime } from './chime.ts';
import { notificationSettings } from './settings.ts';

/** Characters of a message in a notification. */
const EXCERPT = 140;

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
  const navigate = useNavigate();
  useEffect(() => {
    const go = (id: string) => void navigate({ to: '/c/$id', params: { id } });
    const stops = [
      tellMessages(client, go),
      tellRefusals(client, go),
      client.on('registered', (person) => {
        toast(`${person.displayName} has joined Parley`, { description: `@${person.username}` });
      }),
      onNotificationOpened(go),
    ];
    return () => {
      for (const stop of stops) stop();
    };
  }, [client, navigate]);
}

/** Whether this conversation is before the person’s eyes. */
const looksAt = (conversation: string): boolean =>
  looks() && location.pathname === `/c/${conversation}`;
const looks = (): boolean => document.visibilityState === 'visible' && document.hasFocus();

function tellMessages(client: ParleyClient, go: (id: string) => void): () => void {
  return client.onEvent((event) => {
    // What was missed while away is shown by the unread marks, not by a hail of toasts.
    if (event.type !== 'message.posted' || client.state !== 'live') return;
    // Deleted before it came.
    if (event.data.body === '') return;
    const { me, people, conversations } = client.snapshot;
    const view = conversations.get(conversationOfStream(event.stream));
    if (!view || event.actor === me?.id || looksAt(view.id)) return;
    const author = people.get(event.actor)?.displayName ?? 'Somebody';
    const title = view.kind === 'direct' ? author : `${author} in ${titleOf(view, people)}`;
    const body = excerpt(event.data.body, EXCERPT);
    const { permission, sound } = notificationSettings();
    toast(title, {
      id: view.id,
      description: body,
      action: { label: 'Open', onClick: () => go(view.id) },
    });
    if (sound) chime();
    if (!looks() && permission === 'granted') {
      // Where the browser shows none, the toast has told it already.
      void notify({ title, body, conversation: view.id }, () => go(view.id));
    }
  });
}

function tellRefusals(client: ParleyClient, go: (id: string) => void): () => void {
  return client.on('nack', ({ entry, refusal }) => {
    const { op, conversation } = entry.command;
    const words = REFUSED[op];
    // A refused message says so itself, where it stands.
    if (words === null || (op === 'post' && looksAt(conversation))) return;
    toast.error(words, {
      description: refusal.message,
      ...(op === 'post' && { action: { label: 'Open', onClick: () => go(conversation) } }),
    });
  });
}
