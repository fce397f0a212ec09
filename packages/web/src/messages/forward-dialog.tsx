import type { TimelineMessage } from '@parley/client';
import type { ConversationId } from '@parley/protocol';
import { type KeyboardEvent, useMemo, useRef, useState } from 'react';
import { byActivity, titleOf } from '../lib/conversation-views.ts';
import { errorMessage } from '../lib/text.ts';
import { useClient, useParley } from '../session/use-client.ts';
import { useCommandIds } from '../session/use-command-ids.ts';
import { t } from '../texts/index.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Field } from '../ui/field.tsx';
import { toast } from '../ui/toast.ts';

/** Conversations shown at a time. */
const SHOWN = 50;

/** Asks where to forward a message, with an optional comment that is posted after it. */
export function ForwardDialog({
  message,
  onClose,
}: {
  message: TimelineMessage;
  onClose: () => void;
}) {
  const client = useClient();
  const conversations = useParley((s) => s.conversations);
  const users = useParley((s) => s.users);
  const [text, setText] = useState('');
  const [comment, setComment] = useState('');
  const [busy, setBusy] = useState(false);
  const commandId = useCommandIds();
  const list = useRef<HTMLUListElement>(null);
  /** Moves to the first match, which Enter then chooses. */
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' && event.key !== 'ArrowDown') return;
    event.preventDefault();
    list.current?.querySelector('button')?.focus();
  };
  const matches = useMemo(() => {
    const query = text.trim().toLowerCase();
    return [...conversations.values()]
      .filter((view) => view.permissions.includes('post'))
      .sort(byActivity)
      .map((view) => ({ id: view.id, title: titleOf(view, users) }))
      .filter(({ title }) => title.toLowerCase().includes(query))
      .slice(0, SHOWN);
  }, [conversations, users, text]);
  const forward = async (to: ConversationId, title: string) => {
    setBusy(true);
    try {
      await client.api.forward(message.conversation, message.seq, to, commandId(to));
      // Runs only once, because the dialog closes: the outbox delivers the comment.
      if (comment.trim() !== '') client.post(to, comment.trim());
      toast(t('forward.done', { title }));
      onClose();
    } catch (error) {
      toast.error(errorMessage(error));
      setBusy(false);
    }
  };
  return (
    <Dialog open onClose={onClose} title={t('forward.title')}>
      <div className="space-y-3">
        <Field
          label={t('forward.find')}
          type="search"
          value={text}
          onKeyDown={onKeyDown}
          onChange={(event) => setText(event.target.value)}
        />
        <Field
          label={t('forward.comment')}
          value={comment}
          maxLength={4_000}
          onKeyDown={onKeyDown}
          onChange={(event) => setComment(event.target.value)}
        />
      </div>
      <ul ref={list} className="mt-3">
        {matches.map(({ id, title }) => (
          <li key={id}>
            <Button
              look="quiet"
              className="w-full justify-start"
              disabled={busy}
              onClick={() => void forward(id, title)}
            >
              <bdi className="truncate">{title}</bdi>
            </Button>
          </li>
        ))}
      </ul>
    </Dialog>
  );
}
