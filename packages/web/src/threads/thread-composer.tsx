import type { ConversationView } from '@parley/client';
import type { Seq } from '@parley/protocol';
import { useEffect, useState } from 'react';
import { FileTray, isInThread, pasteFiles, useDroppedFiles } from '../files/attach-button.tsx';
import { useNewFiles } from '../files/use-new-files.ts';
import { ComposerBox } from '../messages/composer-box.tsx';
import { isSendable } from '../messages/composer-rules.ts';
import { useMessageField } from '../messages/use-message-field.tsx';
import { useSlowMode } from '../messages/use-slow-mode.ts';
import { readKept, writeKept } from '../session/device.ts';
import { useAccountId, useClient } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { Checkbox } from '../ui/checkbox.tsx';

/** The field for a reply; its draft is stored on the device. */
export function ThreadComposer({
  view,
  root,
  onSent,
}: {
  view: ConversationView;
  root: Seq;
  onSent: () => void;
}) {
  const client = useClient();
  const account = useAccountId();
  const kept = `draft.${view.id}.${root}`;
  const [text, setText] = useState(() => readKept(account, kept) ?? '');
  const [isAlso, setAlso] = useState(false);
  const wait = useSlowMode(view);
  const files = useNewFiles();
  const isDropTarget = useDroppedFiles(files, isInThread);
  const ready = isSendable(text, files.ids.length) && files.isReady && wait === 0;
  const mayPost = view.permissions.includes('post');
  useEffect(() => writeKept(account, kept, text || null), [account, kept, text]);
  const send = () => {
    if (!ready) return;
    const options = { thread: root, alsoInConversation: isAlso && mayPost };
    client.post(view.id, text.trim(), { ...options, attachments: files.ids });
    setText('');
    files.clear();
    setAlso(false);
    onSent();
    field.current?.focus();
  };
  const messageField = useMessageField({
    view,
    text,
    label: t('thread.reply'),
    wait,
    onChange: setText,
    onSend: send,
    onPaste: (event) => pasteFiles(event, files),
  });
  const { field, menu } = messageField;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
      className="relative px-3 pb-[max(0.75rem,env(safe-area-inset-bottom))]"
    >
      {menu}
      {files.items.length > 0 && <FileTray files={files} />}
      <ComposerBox
        text={text}
        messageField={messageField}
        files={files}
        isDropTarget={isDropTarget}
        isReady={ready}
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
      />
    </form>
  );
}
