import type { ConversationView } from '@parley/client';
import type { Seq } from '@parley/protocol';
import { ChartBarBig } from 'lucide-react';
import { type RefObject, useEffect, useLayoutEffect, useState } from 'react';
import { FileTray, isInThread, pasteFiles, useDroppedFiles } from '../files/attach-button.tsx';
import type { WaitingMessage } from '../files/unsent-files.ts';
import { useNewFiles } from '../files/use-new-files.ts';
import { frames } from '../lib/frame-schedule.ts';
import { lazyPart } from '../lib/lazy-part.tsx';
import { useClient } from '../session/use-client.ts';
import { direction, t } from '../texts/index.ts';
import { IconButton } from '../ui/button.tsx';
import { useMedia } from '../ui/use-media.ts';
import { ComposerBox } from './composer-box.tsx';
import { isSendable } from './composer-rules.ts';
import { titleInPlaceholder } from './placeholder.ts';
import { ReplyBar } from './quote.tsx';
import { prepended } from './stored-draft.ts';
import { useMessageField } from './use-message-field.tsx';
import { useNonMemberNotice } from './use-non-member-notice.ts';
import { useSendLater } from './use-send-later.tsx';
import { useDraft } from './use-server-draft.ts';
import { useSlashCommands } from './use-slash-commands.ts';
import { useSlowMode } from './use-slow-mode.ts';

const WaitingMessages = lazyPart(
  async () => (await import('./waiting-messages.tsx')).WaitingMessages,
);
const PollDialog = lazyPart(async () => (await import('./poll-dialog.tsx')).PollDialog);

/** The field for a new message; its draft is stored on the device and on the server. */
export function Composer({
  view,
  draft,
  title,
  replyTo,
  onReplyTo,
  hadFocus,
  onSent,
  onEditLast,
}: {
  view: ConversationView;
  /** The current text, still available after the field is unmounted. */
  draft: RefObject<string>;
  title: string;
  /** The message that is being replied to. */
  replyTo: Seq | null;
  onReplyTo: (seq: Seq | null) => void;
  /** Set to true if the field is removed while it has the focus. */
  hadFocus: RefObject<boolean>;
  onSent: () => void;
  /** Called on ArrowUp in an empty field. */
  onEditLast: () => void;
}) {
  const client = useClient();
  const { text, setText, sent } = useDraft({ conversation: view.id });
  draft.current = text;
  const wait = useSlowMode(view);
  const files = useNewFiles({ conversation: view.id });
  const noticeNonMembers = useNonMemberNotice(view);
  const commands = useSlashCommands(view);
  const isDropTarget = useDroppedFiles(files, (place) => !isInThread(place));
  const ready =
    isSendable(text, files.items.length) && !files.hasFailed && wait === 0 && !commands.isRunning;
  const [isPoll, setPoll] = useState(false);

  const send = () => {
    if (!ready) return;
    const command = replyTo === null && files.items.length === 0 ? commands.commandOf(text) : null;
    if (command) {
      commands.run(command, () => {
        if (draft.current === text) setText('');
      });
      return;
    }
    const body = text.trim();
    noticeNonMembers(body);
    const options = replyTo === null ? {} : { replyTo };
    if (files.isUploaded) {
      sent(client.post(view.id, body, { ...options, attachments: files.take() }).settled);
    } else files.sendWhenUploaded(body, options);
    setText('');
    onSent();
    frames.flush();
    field.current?.focus();
  };
  const isWide = useMedia('(min-width: 1024px)');
  const messageField = useMessageField({
    view,
    text,
    isMain: true,
    commands: commands.names,
    label: t('composer.message', { title }),
    placeholder: t('composer.message', {
      title: titleInPlaceholder(title, direction, isWide ? 'wide' : 'narrow'),
    }),
    wait,
    onChange: setText,
    onTyping: () => client.typing(view.id),
    onSend: send,
    onEditLast,
    onEscape: () => onReplyTo(null),
    onPaste: (event) => pasteFiles(event, files),
  });
  const { field, menu } = messageField;
  useEffect(() => {
    if (replyTo !== null) field.current?.focus();
  }, [field, replyTo]);
  useLayoutEffect(() => {
    const element = field.current;
    hadFocus.current = false;
    return () => {
      hadFocus.current = document.activeElement === element;
    };
  }, [field, hadFocus]);
  const editAgain = ({ body, options }: WaitingMessage) => {
    setText(prepended(body, text));
    if (options.replyTo !== undefined) onReplyTo(options.replyTo);
    field.current?.focus();
  };
  const quote = replyTo === null ? {} : { replyTo };
  const later = useSendLater({ conversation: view.id, body: text.trim(), ...quote }, () => {
    sent(Promise.resolve());
    setText('');
    onReplyTo(null);
  });
  return (
    <>
      <form
        data-tour="composer"
        onSubmit={(event) => {
          event.preventDefault();
          send();
        }}
        className="relative px-3 pb-[max(0.75rem,env(safe-area-inset-bottom))] sm:px-5"
      >
        {menu}
        {replyTo !== null && <ReplyBar seq={replyTo} onCancel={() => onReplyTo(null)} />}
        {files.waiting.length > 0 && <WaitingMessages files={files} onEdit={editAgain} />}
        {files.items.length > 0 && <FileTray files={files} />}
        <ComposerBox
          text={text}
          messageField={messageField}
          files={files}
          isDropTarget={isDropTarget}
          isReady={ready}
          sendLabel={t('composer.send')}
          actions={
            text === '' &&
            files.items.length === 0 && (
              <IconButton label={t('poll.create')} onClick={() => setPoll(true)}>
                <ChartBarBig size={18} />
              </IconButton>
            )
          }
          sendActions={isSendable(text) && files.items.length === 0 && later.button}
        />
      </form>
      {isPoll && <PollDialog conversation={view.id} onClose={() => setPoll(false)} />}
      {later.dialog}
    </>
  );
}
