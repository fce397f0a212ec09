import type { ConversationView } from '@parley/client';
import type { Seq } from '@parley/protocol';
import { useState } from 'react';
import { FileTray, isInThread, pasteFiles, useDroppedFiles } from '../files/attach-button.tsx';
import type { WaitingMessage } from '../files/unsent-files.ts';
import { useNewFiles } from '../files/use-new-files.ts';
import { frames } from '../lib/frame-schedule.ts';
import { lazyPart } from '../lib/lazy-part.tsx';
import { ComposerBox } from '../messages/composer-box.tsx';
import { isSendable } from '../messages/composer-rules.ts';
import { prepended } from '../messages/stored-draft.ts';
import { useMessageField } from '../messages/use-message-field.tsx';
import { useNonMemberNotice } from '../messages/use-non-member-notice.ts';
import { useSendLater } from '../messages/use-send-later.tsx';
import { useDraft } from '../messages/use-server-draft.ts';
import { useSlashCommands } from '../messages/use-slash-commands.ts';
import { useSlowMode } from '../messages/use-slow-mode.ts';
import { useClient } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { Checkbox } from '../ui/checkbox.tsx';

const WaitingMessages = lazyPart(
  async () => (await import('../messages/waiting-messages.tsx')).WaitingMessages,
);

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
  const client = useClient();
  const { text, setText, sent } = useDraft({ conversation: view.id, thread: root });
  const [isAlso, setAlso] = useState(false);
  const wait = useSlowMode(view);
  const files = useNewFiles({ conversation: view.id, thread: root });
  const isDropTarget = useDroppedFiles(files, isInThread);
  const noticeNonMembers = useNonMemberNotice(view);
  const commands = useSlashCommands(view, true);
  const ready =
    isSendable(text, files.items.length) && !files.hasFailed && wait === 0 && !commands.isRunning;
  const mayPost = view.permissions.includes('post');
  const place = { thread: root, alsoInConversation: isAlso && mayPost };
  const send = () => {
    if (!ready) return;
    const command = files.items.length === 0 ? commands.commandOf(text) : null;
    if (command) {
      commands.run(command, () => {
        if (field.current?.value === text) setText('');
      });
      return;
    }
    const body = text.trim();
    noticeNonMembers(body);
    if (files.isUploaded) {
      sent(client.post(view.id, body, { ...place, attachments: files.take() }).settled);
    } else files.sendWhenUploaded(body, place);
    setText('');
    setAlso(false);
    onSent();
    frames.flush();
    field.current?.focus();
  };
  const messageField = useMessageField({
    view,
    text,
    commands: commands.names,
    label: t('thread.reply'),
    wait,
    onChange: setText,
    onSend: send,
    onEditLast,
    onPaste: (event) => pasteFiles(event, files),
  });
  const { field, menu } = messageField;
  const editAgain = ({ body, options }: WaitingMessage) => {
    setText(prepended(body, text));
    setAlso(options.alsoInConversation ?? false);
    field.current?.focus();
  };
  const later = useSendLater({ conversation: view.id, body: text.trim(), ...place }, () => {
    sent(Promise.resolve());
    setText('');
    setAlso(false);
  });
  return (
    <>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          send();
        }}
        className="relative px-3 pb-[max(0.75rem,env(safe-area-inset-bottom))]"
      >
        {menu}
        {files.waiting.length > 0 && <WaitingMessages files={files} onEdit={editAgain} />}
        {files.items.length > 0 && <FileTray files={files} />}
        <ComposerBox
          text={text}
          messageField={messageField}
          files={files}
          isDropTarget={isDropTarget}
          isReady={ready}
          sendLabel={t('thread.send')}
          sendActions={isSendable(text) && files.items.length === 0 && later.button}
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
      {later.dialog}
    </>
  );
}
