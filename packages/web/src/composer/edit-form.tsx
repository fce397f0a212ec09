import type { ConversationView } from '@parley/client';
import { isBlank } from '@parley/protocol';
import { useEffect, useState } from 'react';
import type { EditFormProps } from '../messages/message-body.tsx';
import { usePermissions } from '../messages/use-permissions.ts';
import { readStored, writeStored } from '../session/device.ts';
import { useConversation } from '../session/entries.ts';
import { useAccountId, useClient } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { Button } from '../ui/button.tsx';
import { charactersLeft } from './drafts/sendable.ts';
import { InsertEmoji } from './insert-emoji.tsx';
import { needsCtrlToSend } from './send-key.ts';
import { useMessageField } from './use-message-field.tsx';

/**
 * Edits a message in place, in a field like the composer. Escape cancels. The text survives a reload, and is restored
 * when the message is edited again. Saving an empty text deletes the message, unless it has files or a forwarded text.
 */
export function EditForm(props: EditFormProps) {
  const view = useConversation(props.message.conversation);
  return view ? <Form {...props} view={view} /> : null;
}

function Form({
  view,
  message,
  onDone: close,
  onDelete,
}: EditFormProps & { view: ConversationView }) {
  const client = useClient();
  const mayDelete = usePermissions(message)('delete');
  const account = useAccountId();
  const storageName = `edit.${message.conversation}.${message.seq}`;
  const [text, setText] = useState(() => readStored(account, storageName) ?? message.body);
  useEffect(() => {
    writeStored(account, storageName, text === message.body ? null : text);
  }, [account, storageName, text, message.body]);
  const isTooLong = charactersLeft(text) < 0;
  const onDone = () => {
    writeStored(account, storageName, null);
    close();
  };
  const save = () => {
    if (isTooLong) return;
    const body = isBlank(text) ? '' : text.trim();
    if (body && body !== message.body) client.edit(message.conversation, message.seq, body);
    onDone();
    if (!body && mayDelete && message.attachments.length === 0 && !message.forwardedFrom)
      onDelete();
  };
  const { field, menu, area, offer, limits } = useMessageField({
    view,
    text,
    label: t('message.edit'),
    wait: 0,
    takesFocus: true,
    onChange: setText,
    onSend: save,
    onEscape: (event) => {
      // Escape must not close the thread too.
      event.stopPropagation();
      onDone();
    },
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        save();
      }}
      className="relative my-1"
    >
      {menu}
      <div className="rounded-lg border border-accent bg-canvas px-1 focus-within:ring-3 focus-within:ring-accent/15">
        <div className="flex items-end">
          <div className="min-w-0 flex-1">{area}</div>
          <InsertEmoji field={field} />
        </div>
        {offer}
      </div>
      <div className="mt-1 flex items-center gap-2">
        <Button type="submit" look="primary" disabled={isTooLong} className="min-h-9 px-3">
          {t('editForm.save')}
        </Button>
        <Button look="quiet" className="min-h-9 px-3" onClick={onDone}>
          {t('common.cancel')}
        </Button>
        <span className="hidden text-caption text-muted sm:inline pointer-coarse:hidden">
          {t(needsCtrlToSend(account) ? 'editForm.hintWithCtrl' : 'editForm.hint')}
        </span>
        <span className="flex-1" />
        {limits}
      </div>
    </form>
  );
}
