import type { ConversationView } from '@parley/client';
import type { Seq } from '@parley/protocol';
import { useState } from 'react';
import { ComposerForm } from '../composer/composer-form.tsx';
import { useMessageField } from '../composer/use-message-field.tsx';
import { useSending } from '../composer/use-sending.ts';
import { isInThread, pasteFiles, useDroppedFiles } from '../files/attach-button.tsx';
import { frames } from '../lib/frame-schedule.ts';
import { t } from '../texts/index.ts';
import { Checkbox } from '../ui/checkbox.tsx';

/** The composer of a reply; its draft is stored on the device and on the server. */
export function ThreadComposer({
  view,
  root,
  onSent,
  onEditLast,
}: {
  view: ConversationView;
  root: Seq;
  onSent: () => void;
  /** Called on ArrowUp in an empty field. */
  onEditLast: () => void;
}) {
  const [isAlso, setAlso] = useState(false);
  const mayPost = view.permissions.includes('post');
  const options = { thread: root, alsoInConversation: isAlso && mayPost };
  const sending = useSending({ view, thread: root, options, onEmptied: () => setAlso(false) });
  const { text, files } = sending;
  const isDropTarget = useDroppedFiles(files, isInThread);
  const send = () => {
    if (!sending.send()) return;
    onSent();
    frames.flush();
    messageField.field.current?.focus();
  };
  const messageField = useMessageField({
    view,
    text,
    commands: sending.commands,
    label: t('thread.reply'),
    wait: sending.wait,
    onChange: sending.setText,
    onSend: send,
    onEditLast,
    onPaste: (event) => pasteFiles(event, files),
  });
  return (
    <ComposerForm
      view={view}
      sending={sending}
      options={options}
      messageField={messageField}
      isDropTarget={isDropTarget}
      sendLabel={t('thread.send')}
      footer={
        mayPost && (
          <Checkbox
            label={t('thread.alsoSend')}
            checked={isAlso}
            onChange={(event) => setAlso(event.target.checked)}
            className="w-fit px-2 text-soft"
          />
        )
      }
      onSend={send}
      onEditAgain={(options) => setAlso(options.alsoInConversation ?? false)}
    />
  );
}
