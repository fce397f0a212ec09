import type { ParleyClient } from '@parley/client';
import { type ConversationId, nameOfMentions, type Seq } from '@parley/protocol';
import { useNavigate } from '@tanstack/react-router';
import { useEffect } from 'react';
import { emojiOfText } from '../emoji/shortcodes.ts';
import { messageHash } from '../lib/message-hash.ts';
import { plainExcerpt } from '../lib/plain-excerpt.ts';
import { unavailableText } from '../messages/unavailable-text.ts';
import { useClient } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { toast } from '../ui/toast.ts';
import { shownMention } from '../users/mention-names.ts';

/** Maximum length of the message text in a reminder, in characters. */
const EXCERPT = 140;

/**
 * Shows notifications for due reminders, resolved reports and failed scheduled messages, including
 * those from while this device was offline.
 */
export function usePersonalNotifications(): void {
  const client = useClient();
  const navigate = useNavigate();
  useEffect(
    () =>
      client.onEvent((event) => {
        if (event.type === 'scheduled.failed') {
          toast.error(t('scheduled.failed'), {
            id: `scheduled ${event.data.scheduled}`,
            duration: Number.POSITIVE_INFINITY,
            closeButton: true,
            action: {
              label: t('scheduled.show'),
              onClick: () => void navigate({ to: '/scheduled' }),
            },
          });
        }
        if (event.type === 'report.resolved') toast(t(`report.${event.data.resolution}`));
        if (event.type !== 'reminder.due') return;
        const { conversation, message } = event.data;
        const open = (hash: string) =>
          void navigate({ to: '/c/$id', params: { id: conversation }, hash });
        void showReminder(client, conversation, message, open);
      }),
    [client, navigate],
  );
}

async function showReminder(
  client: ParleyClient,
  conversation: ConversationId,
  message: Seq,
  open: (hash: string) => void,
): Promise<void> {
  const text = await client.api.message(conversation, message).then(
    async (found) =>
      unavailableText(found) ??
      plainExcerpt(
        found.body,
        EXCERPT,
        await emojiOfText(found.body),
        nameOfMentions(found.mentions, (one) => shownMention(one, client.snapshot)),
      ),
    // The reminder is still shown; opening the conversation shows the reason.
    () => t('saved.unavailable'),
  );
  toast(t('saved.reminder'), {
    id: `reminder ${conversation} ${message}`,
    description: text,
    duration: Number.POSITIVE_INFINITY,
    closeButton: true,
    action: { label: t('saved.open'), onClick: () => open(messageHash(message)) },
  });
}
