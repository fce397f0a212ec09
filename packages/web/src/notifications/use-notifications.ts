import { conversationOfStream } from '@parley/protocol';
import { useNavigate } from '@tanstack/react-router';
import { useEffect } from 'react';
import { toast } from 'sonner';
import { titleOf } from '../conversations/naming.ts';
import { useClient } from '../session/use-client.ts';
import { chime } from './chime.ts';
import { notificationSettings } from './settings.ts';

/** Characters of a message in a notification. */
const EXCERPT = 140;

/**
 * Tells of messages that the person does not see: a toast when the page is looked at but another
 * conversation is open, a browser notification when it is not; and of people who register.
 */
export function useNotifications(): void {
  const client = useClient();
  const navigate = useNavigate();
  useEffect(() => {
    const go = (id: string) => void navigate({ to: '/c/$id', params: { id } });
    const offEvent = client.onEvent((event) => {
      // What was missed while away is shown by the unread marks, not by a hail of toasts.
      if (event.type !== 'message.posted' || client.state !== 'live') return;
      const { me, people, conversations } = client.snapshot;
      const view = conversations.get(conversationOfStream(event.stream));
      if (!view || event.actor === me?.id) return;
      const looked = document.visibilityState === 'visible' && document.hasFocus();
      if (looked && location.pathname === `/c/${view.id}`) return;
      const author = people.get(event.actor)?.displayName ?? 'Somebody';
      const title = view.kind === 'direct' ? author : `${author} in ${titleOf(view, people)}`;
      const body = event.data.body.slice(0, EXCERPT);
      const { permission, sound } = notificationSettings();
      toast(title, {
        id: view.id,
        description: body,
        action: { label: 'Open', onClick: () => go(view.id) },
      });
      if (sound) chime();
      if (!looked && permission === 'granted') {
        const note = new Notification(title, { body, tag: view.id, icon: '/icon.svg' });
        note.onclick = () => {
          window.focus();
          go(view.id);
          note.close();
        };
      }
    });
    const offRegistered = client.on('registered', (person) => {
      toast(`${person.displayName} has joined Parley`, { description: `@${person.username}` });
    });
    return () => {
      offEvent();
      offRegistered();
    };
  }, [client, navigate]);
}
