import type { ConversationView } from '@parley/client';
import type { Seq } from '@parley/protocol';
import { ChartBarBig } from 'lucide-react';
import { type RefObject, useEffect, useLayoutEffect, useState } from 'react';
import { isInConversation, pasteFiles, useDroppedFiles } from '../files/attach-button.tsx';
import { frames } from '../lib/frame-schedule.ts';
import { ReplyBar } from '../messages/quote.tsx';
import { lazyPart } from '../queries/lazy-part.tsx';
import { useClient } from '../session/use-client.ts';
import { direction, t } from '../texts/index.ts';
import { IconButton } from '../ui/button.tsx';
import { useMedia } from '../ui/use-media.ts';
import { ComposerForm } from './composer-form.tsx';
import { titleInPlaceholder } from './placeholder.ts';
import { useMessageField } from './use-message-field.tsx';
import { useSending } from './use-sending.ts';

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
  const options = replyTo === null ? {} : { replyTo };
  const sending = useSending({ view, options, onEmptied: () => onReplyTo(null) });
  const { text, files } = sending;
  draft.current = text;
  const isDropTarget = useDroppedFiles(files, isInConversation);
  const [isPoll, setPoll] = useState(false);
  const send = () => {
    if (!sending.send()) return;
    onSent();
    frames.flush();
    field.current?.focus();
  };
  const isWide = useMedia('(min-width: 1024px)');
  const messageField = useMessageField({
    view,
    text,
    isMain: true,
    commands: sending.commands,
    label: t('composer.message', { title }),
    placeholder: t('composer.message', {
      title: titleInPlaceholder(title, direction, isWide ? 'wide' : 'narrow'),
    }),
    wait: sending.wait,
    onChange: sending.setText,
    onTyping: () => client.typing(view.id),
    onSend: send,
    onEditLast,
    onEscape: (event) => {
      if (replyTo === null) return;
      // Otherwise it marks the conversation as read: see useMarkReadKey.
      event.preventDefault();
      onReplyTo(null);
    },
    onPaste: (event) => pasteFiles(event, files),
  });
  const { field } = messageField;
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
  return (
    <>
      <ComposerForm
        data-tour="composer"
        className="sm:px-5"
        view={view}
        sending={sending}
        options={options}
        messageField={messageField}
        isDropTarget={isDropTarget}
        quote={replyTo !== null && <ReplyBar seq={replyTo} onCancel={() => onReplyTo(null)} />}
        sendLabel={t('composer.send')}
        actions={
          text === '' &&
          files.items.length === 0 && (
            <IconButton label={t('poll.create')} onClick={() => setPoll(true)}>
              <ChartBarBig size={18} />
            </IconButton>
          )
        }
        onSend={send}
        onEditAgain={(options) => {
          if (options.replyTo !== undefined) onReplyTo(options.replyTo);
        }}
      />
      {isPoll && <PollDialog conversation={view.id} onClose={() => setPoll(false)} />}
    </>
  );
}
