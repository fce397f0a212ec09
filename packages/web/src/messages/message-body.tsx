import type { TimelineMessage } from '@parley/client';
import { type ComponentType, useState } from 'react';
import { Attachments } from '../files/attachments.tsx';
import { SendingFiles } from '../files/sending-files.tsx';
import { mayLinkToMessages } from '../lib/own-link.ts';
import { lazyPart } from '../queries/lazy-part.tsx';
import { useAccountId } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { cx } from '../ui/cx.ts';
import type { Deletion } from './deletions.ts';
import { EditedMark } from './edited-mark.tsx';
import { ForwardedText } from './forwarded-mark.tsx';
import { Markup } from './markup.tsx';
import { Deleting, Failed, PinMark, Receipt } from './message-marks.tsx';
import { Quote } from './quote.tsx';
import { Reactions } from './reactions.tsx';
import { ThreadSummary } from './thread-summary.tsx';
import { unavailableText } from './unavailable-text.ts';

const LinkedMessages = lazyPart(async () => (await import('./linked-messages.tsx')).LinkedMessages);
const LinkPreviews = lazyPart(async () => (await import('./link-previews.tsx')).LinkPreviews);
const EditHistory = lazyPart(async () => (await import('./edit-history.tsx')).EditHistory);
const PollView = lazyPart(async () => (await import('./poll-view.tsx')).PollView);

/** The properties of the form that edits a message in its place. */
export interface EditFormProps {
  readonly message: TimelineMessage;
  readonly onDone: () => void;
  readonly onDelete: () => void;
}

/** What a message says, and what belongs to it: previews, reactions, its thread. While it is edited, the form. */
export function MessageBody({
  message,
  id,
  isEditing,
  deletion,
  EditForm,
  onEditEnd,
}: {
  message: TimelineMessage;
  /** Identifies the row: a long text stays expanded while it is scrolled. */
  id: string;
  isEditing: boolean;
  deletion: Deletion;
  EditForm: ComponentType<EditFormProps>;
  onEditEnd: () => void;
}) {
  const [isHistoryShown, setHistoryShown] = useState(false);
  const { isDeleting } = deletion;
  const isStored = message.state === 'stored';
  const placeholder = unavailableText(message);
  const isShown = !isEditing && !isDeleting;
  return (
    <>
      {message.pinned && !isEditing && <PinMark by={message.pinned.by} />}
      {isEditing ? (
        <EditForm message={message} onDone={onEditEnd} onDelete={deletion.start} />
      ) : isDeleting ? (
        <Deleting onUndo={deletion.undo} />
      ) : placeholder !== null ? (
        <p className="text-muted italic">{placeholder}</p>
      ) : (
        <Content
          message={message}
          id={id}
          onHistory={isStored ? () => setHistoryShown(true) : undefined}
        />
      )}
      {placeholder === null && isShown && mayLinkToMessages(message.body) && (
        <LinkedMessages text={message.body} />
      )}
      {message.previews.length > 0 && isShown && <Previews message={message} />}
      {message.poll && !isDeleting && <PollView message={message} poll={message.poll} />}
      {isStored && message.deletedAt === null && !isDeleting && <Reactions message={message} />}
      {isStored && <ThreadSummary message={message} />}
      {message.state === 'failed' && <Failed message={message} />}
      {isHistoryShown && <EditHistory message={message} onClose={() => setHistoryShown(false)} />}
    </>
  );
}

/** What the author wrote: the quoted message, the text, and the files. */
function Content({
  message,
  id,
  onHistory,
}: {
  message: TimelineMessage;
  id: string;
  onHistory: (() => void) | undefined;
}) {
  const isOwn = useAccountId() === message.author;
  const body = message.body !== '' && (
    <Markup id={id} text={message.body} mentions={message.mentions} />
  );
  return (
    <div className={cx('flex items-end gap-2', message.state === 'pending' && 'opacity-60')}>
      <div data-message-text className="min-w-0 flex-1">
        {message.replyTo !== null && <Quote seq={message.replyTo} />}
        {message.forwardedFrom ? (
          <ForwardedText from={message.forwardedFrom}>{body}</ForwardedText>
        ) : (
          body
        )}
        {message.attachments.length > 0 && <Attachments files={message.attachments} />}
        {message.fileIds && <SendingFiles ids={message.fileIds} />}
        {message.editedAt !== null && <EditedMark time={message.editedAt} onOpen={onHistory} />}
      </div>
      {isOwn && <Receipt message={message} />}
    </div>
  );
}

/** The height of a link preview with the space below it, px. */
const PREVIEW_HEIGHT = 102;

/** Shows link previews, in a list that has its final height before their code is loaded. */
function Previews({ message }: { message: TimelineMessage }) {
  return (
    <ul
      aria-label={t('preview.ofMessage')}
      className="mt-1 flex flex-col gap-1.5"
      style={{ minHeight: message.previews.length * PREVIEW_HEIGHT - 6 }}
    >
      <LinkPreviews message={message} />
    </ul>
  );
}
