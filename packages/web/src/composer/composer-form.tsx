import type { ConversationView } from '@parley/client';
import type { ComponentProps, ReactNode } from 'react';
import { FileTray } from '../files/attach-button.tsx';
import type { WaitingMessage, WaitingOptions } from '../files/unsent-files.ts';
import { lazyPart } from '../queries/lazy-part.tsx';
import { cx } from '../ui/cx.ts';
import { ComposerBox } from './composer-box.tsx';
import { isSendable } from './drafts/sendable.ts';
import { prepended } from './drafts/stored-draft.ts';
import type { MessageField } from './use-message-field.tsx';
import { useSendLater } from './use-send-later.tsx';
import type { Sending } from './use-sending.ts';

const WaitingMessages = lazyPart(
  async () => (await import('./waiting-messages.tsx')).WaitingMessages,
);

/** The form around a message field: what waits for its files, the files of the message, and all buttons. */
export function ComposerForm({
  view,
  sending,
  options,
  messageField,
  isDropTarget,
  quote,
  sendLabel,
  actions,
  footer,
  onSend,
  onEditAgain,
  className,
  ...props
}: {
  view: ConversationView;
  sending: Sending;
  /** The options of the post. */
  options: WaitingOptions;
  messageField: MessageField;
  /** Whether files are being dragged over the drop target. */
  isDropTarget: boolean;
  /** The message that is being replied to, above the field. */
  quote?: ReactNode;
  sendLabel: string;
  /** More buttons next to those that add something. */
  actions?: ReactNode;
  /** Shown below the buttons. */
  footer?: ReactNode;
  onSend: () => void;
  /** Restores the options of a message whose sending was canceled. */
  onEditAgain: (options: WaitingOptions) => void;
  'data-tour'?: string;
} & Pick<ComponentProps<'form'>, 'className'>) {
  const { text, setText, files } = sending;
  const later = useSendLater(
    { conversation: view.id, body: sending.body, ...options },
    sending.scheduled,
  );
  const editAgain = ({ body, options }: WaitingMessage) => {
    setText(prepended(body, text));
    onEditAgain(options);
    messageField.field.current?.focus();
  };
  return (
    <>
      <form
        {...props}
        onSubmit={(event) => {
          event.preventDefault();
          onSend();
        }}
        className={cx('relative px-3 pb-[max(0.75rem,env(safe-area-inset-bottom))]', className)}
      >
        {messageField.menu}
        {quote}
        {files.waiting.length > 0 && <WaitingMessages files={files} onEdit={editAgain} />}
        {files.items.length > 0 && <FileTray files={files} />}
        <ComposerBox
          text={text}
          messageField={messageField}
          files={files}
          isDropTarget={isDropTarget}
          isReady={sending.isReady}
          sendLabel={sendLabel}
          actions={actions}
          sendActions={isSendable(text) && files.items.length === 0 && later.button}
          footer={footer}
        />
      </form>
      {later.dialog}
    </>
  );
}
