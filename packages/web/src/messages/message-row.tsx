import type { TimelineMessage } from '@parley/client';
import { AlertCircle, Check, CheckCheck, Clock3, Pencil, Trash2 } from 'lucide-react';
import { memo, useState } from 'react';
import { fullTime, timeOfDay } from '../lib/time.ts';
import { nameList } from '../lib/words.ts';
import { useClient, useParley } from '../session/use-client.ts';
import { Avatar } from '../ui/avatar.tsx';
import { IconButton } from '../ui/button.tsx';
import { Confirm } from '../ui/confirm.tsx';
import { cx } from '../ui/cx.ts';
import { EditForm } from './edit-form.tsx';
import { Markup } from './markup.tsx';
import { ReactionPicker, Reactions } from './reactions.tsx';

/** One message; the first of several by the same author has their name and picture. */
export const MessageRow = memo(function MessageRow({
  message,
  first,
  editing,
  onEdit,
  onEditDone,
}: {
  message: TimelineMessage;
  first: boolean;
  editing: boolean;
  onEdit: (message: TimelineMessage) => void;
  onEditDone: () => void;
}) {
  const client = useClient();
  const me = useParley((s) => s.me);
  const author = useParley((s) => s.people).get(message.author);
  const [deleting, setDeleting] = useState(false);
  const name = author?.displayName ?? (message.author === me?.id ? me.displayName : 'Somebody');
  const mine = message.author === me?.id;
  const stored = message.state === 'stored';
  const deleted = message.deletedAt !== null;
  return (
    <article
      aria-label={`${name}, ${timeOfDay(message.postedAt)}`}
      className={cx(
        'group relative flex gap-3 px-4 py-0.5 hover:bg-hover/60 sm:px-5',
        first && 'mt-2.5',
        editing && 'bg-hover',
      )}
    >
      <div className="w-9 shrink-0 select-none">
        {first ? (
          <div className="pt-0.5">
            <Avatar id={message.author} name={name} />
          </div>
        ) : (
          <time
            dateTime={message.postedAt}
            className="hidden pt-1 text-[11px] text-muted tabular-nums group-hover:block"
          >
            {timeOfDay(message.postedAt)}
          </time>
        )}
      </div>
      <div className="min-w-0 flex-1">
        {first && (
          <div className="flex items-baseline gap-2">
            <span className="truncate font-semibold">{name}</span>
            <time
              dateTime={message.postedAt}
              title={fullTime(message.postedAt)}
              className="shrink-0 text-[12px] text-muted tabular-nums"
            >
              {timeOfDay(message.postedAt)}
            </time>
          </div>
        )}
        {editing ? (
          <EditForm message={message} onDone={onEditDone} />
        ) : deleted ? (
          <p className="text-muted italic">This message was deleted</p>
        ) : (
          <div className={cx('flex items-end gap-2', message.state === 'pending' && 'opacity-60')}>
            <div className="min-w-0 flex-1">
              <Markup text={message.body} />
              {message.editedAt !== null && (
                <span
                  title={`Edited ${fullTime(message.editedAt)}`}
                  className="text-[12px] text-muted"
                >
                  (edited)
                </span>
              )}
            </div>
            {mine && <Receipt message={message} />}
          </div>
        )}
        {stored && !deleted && <Reactions message={message} />}
        {message.state === 'failed' && <Failed message={message} />}
      </div>
      {stored && !deleted && !editing && (
        <div className="absolute -top-4 right-4 flex rounded-lg border border-line bg-raised p-0.5 opacity-0 shadow-sm focus-within:opacity-100 group-hover:opacity-100 has-data-[state=open]:opacity-100 pointer-coarse:static pointer-coarse:border-0 pointer-coarse:bg-transparent pointer-coarse:opacity-60 pointer-coarse:shadow-none">
          <ReactionPicker message={message} />
          {mine && (
            <>
              <IconButton label="Edit" className="size-9" onClick={() => onEdit(message)}>
                <Pencil size={16} />
              </IconButton>
              <IconButton label="Delete" className="size-9" onClick={() => setDeleting(true)}>
                <Trash2 size={16} />
              </IconButton>
            </>
          )}
        </div>
      )}
      <Confirm
        open={deleting}
        title="Delete this message?"
        words="It disappears for everybody in this conversation."
        action="Delete"
        onCancel={() => setDeleting(false)}
        onConfirm={() => client.remove(message.conversation, message.seq)}
      />
    </article>
  );
});

/** On its way, stored, or read by others. */
function Receipt({ message }: { message: TimelineMessage }) {
  const people = useParley((s) => s.people);
  const names = nameList(message.seenBy.map((id) => people.get(id)?.displayName ?? 'somebody'));
  const [icon, words] =
    message.state === 'pending'
      ? [<Clock3 key="p" size={14} />, 'Sending']
      : message.state === 'failed'
        ? [<AlertCircle key="f" size={14} />, 'Not sent']
        : message.seenBy.length > 0
          ? [<CheckCheck key="r" size={15} />, `Seen by ${names}`]
          : [<Check key="s" size={14} />, 'Sent'];
  const seen = message.state === 'stored' && message.seenBy.length > 0;
  return (
    <span
      role="img"
      aria-label={words}
      title={words}
      className={cx('shrink-0 pb-0.5', seen ? 'text-accent' : 'text-muted')}
    >
      {icon}
    </span>
  );
}

function Failed({ message }: { message: TimelineMessage }) {
  const client = useClient();
  const { client: id } = message;
  if (id === undefined) return null;
  return (
    <p
      role="alert"
      className="mt-1 flex flex-wrap items-center gap-x-3 gap-y-1 text-[13px] text-danger"
    >
      Not sent: {message.failure?.message ?? 'it was refused'}.
      <button
        type="button"
        className="font-medium underline underline-offset-3"
        onClick={() => client.retry(id)}
      >
        Try again
      </button>
      <button
        type="button"
        className="underline underline-offset-3"
        onClick={() => client.discard(id)}
      >
        Discard
      </button>
    </p>
  );
}
