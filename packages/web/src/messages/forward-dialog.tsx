import type { TimelineMessage } from '@parley/client';
import { isBlank } from '@parley/protocol';
import { type KeyboardEvent, useRef, useState } from 'react';
import { errorMessage } from '../lib/text.ts';
import { useClient } from '../session/use-client.ts';
import { useCommandIds } from '../session/use-command-ids.ts';
import { t } from '../texts/index.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Field } from '../ui/field.tsx';
import { toast } from '../ui/toast.ts';
import { handleOf } from '../users/handle.tsx';
import { type ForwardTarget, useForwardTargets } from './forward-targets.tsx';

/** Asks where to forward a message, with an optional comment that is posted after it. */
export function ForwardDialog({
  message,
  onClose,
}: {
  message: TimelineMessage;
  onClose: () => void;
}) {
  const client = useClient();
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
  const targets = useForwardTargets(text);
  const forward = async ({ title, open }: ForwardTarget) => {
    setBusy(true);
    try {
      const to = await open();
      await client.api.forward(message.conversation, message.seq, to, commandId(to));
      // Runs only once, because the dialog closes: the outbox delivers the comment.
      if (!isBlank(comment)) client.post(to, comment.trim());
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
        {targets.map((target) => (
          <li key={target.key}>
            <Button
              look="quiet"
              className="w-full justify-start gap-2.5"
              aria-disabled={busy || undefined}
              onClick={() => !busy && void forward(target)}
            >
              {target.icon}
              <bdi className="truncate">{target.title}</bdi>
              {target.username !== '' && (
                <span className="shrink-0 font-normal text-muted">{handleOf(target.username)}</span>
              )}
            </Button>
          </li>
        ))}
        {targets.length === 0 && (
          <li role="status" className="px-2 py-3 text-muted">
            {t('common.noMatches')}
          </li>
        )}
      </ul>
    </Dialog>
  );
}
