import type { TimelineMessage } from '@parley/client';
import { useLayoutEffect, useRef } from 'react';
import { completeEmoji, endsEmojiName } from '../emoji/complete-emoji.ts';
import { readKept, writeKept } from '../session/device.ts';
import { useAccountId, useClient } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { Button } from '../ui/button.tsx';
import { useCoarsePointer } from '../ui/use-coarse-pointer.ts';
import { isInCodeBlock } from './code-fences.ts';
import { actionOf, isOfInputMethod } from './composer-rules.ts';
import { applyChange } from './field-text.ts';
import { grow } from './grow.ts';
import { changeOfKey } from './key-change.ts';
import { needsCtrlToSend } from './send-key.ts';
import { usePermissions } from './use-permissions.ts';

/**
 * Edits a message in place. Escape cancels. The text survives a reload: it is there when the message is edited again.
 * Saving no text deletes a message that has nothing else.
 */
export function EditForm({
  message,
  onDone: close,
  onDelete,
}: {
  message: TimelineMessage;
  onDone: () => void;
  onDelete: () => void;
}) {
  const client = useClient();
  const mayDelete = usePermissions(message)('delete');
  const account = useAccountId();
  const field = useRef<HTMLTextAreaElement>(null);
  const isTouch = useCoarsePointer();
  const keptName = `edit.${message.conversation}.${message.seq}`;
  const onDone = () => {
    writeKept(account, keptName, null);
    close();
  };
  useLayoutEffect(() => {
    const area = field.current;
    if (!area) return;
    grow(area);
    area.focus();
    area.setSelectionRange(area.value.length, area.value.length);
  }, []);
  const fieldOf = ({ value, selectionStart }: HTMLTextAreaElement) => ({
    isTouch,
    isEmpty: false,
    isInCode: isInCodeBlock(value, selectionStart),
    needsCtrl: needsCtrlToSend(account),
  });
  const save = () => {
    const body = field.current?.value.trim() ?? '';
    if (body && body !== message.body) client.edit(message.conversation, message.seq, body);
    onDone();
    if (!body && mayDelete && message.attachments.length === 0 && !message.forwardedFrom)
      onDelete();
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        save();
      }}
      className="my-1"
    >
      <textarea
        ref={field}
        aria-label={t('message.edit')}
        defaultValue={readKept(account, keptName) ?? message.body}
        rows={1}
        dir="auto"
        onInput={(event) => {
          grow(event.currentTarget);
          writeKept(account, keptName, event.currentTarget.value);
          if (endsEmojiName(event.nativeEvent as InputEvent)) {
            void completeEmoji(event.currentTarget, client, account);
          }
        }}
        onKeyDown={(event) => {
          if (event.key === 'Escape' && !isOfInputMethod(event.nativeEvent)) {
            // The thread around the message stays open.
            event.stopPropagation();
            onDone();
          } else if (actionOf(event.nativeEvent, fieldOf(event.currentTarget)) === 'send') {
            event.preventDefault();
            save();
          } else {
            const change = changeOfKey(event);
            if (!change) return;
            event.preventDefault();
            event.stopPropagation();
            applyChange(event.currentTarget, change);
          }
        }}
        className="max-h-72 w-full resize-none rounded-lg border border-accent bg-canvas px-3 py-2 outline-none"
      />
      <div className="mt-1 flex items-center gap-2">
        <Button type="submit" look="primary" className="min-h-9 px-3">
          {t('editForm.save')}
        </Button>
        <Button look="quiet" className="min-h-9 px-3" onClick={onDone}>
          {t('common.cancel')}
        </Button>
        <span className="hidden text-caption text-muted sm:inline pointer-coarse:hidden">
          {t('editForm.hint')}
        </span>
      </div>
    </form>
  );
}
