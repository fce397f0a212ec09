import type { TimelineMessage } from '@parley/client';
import type { AccountId } from '@parley/protocol';
import { AlertCircle, Check, CheckCheck, Clock3, Pin } from 'lucide-react';
import { useEffect } from 'react';
import { nameList } from '../lib/text.ts';
import { useUser } from '../session/entries.ts';
import { useClient, useParley } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { RichText } from '../texts/rich-text.tsx';
import { useRefusalText } from '../texts/use-language.ts';
import { cx } from '../ui/cx.ts';

/** Shows that a message is pinned, and by whom. */
export function PinMark({ by }: { by: AccountId }) {
  const client = useClient();
  const me = useParley((s) => s.me);
  const user = useUser(by);
  useEffect(() => client.loadUser(by), [client, by]);
  return (
    <p className="flex items-center gap-1 text-caption text-muted">
      <Pin size={12} aria-hidden="true" />
      {by === me?.id ? (
        t('message.pinnedByYou')
      ) : (
        <RichText
          text="message.pinnedBy"
          parts={{ name: <bdi>{user?.displayName ?? t('message.someone')}</bdi> }}
        />
      )}
    </p>
  );
}

/** Shows whether the user’s own message is pending, stored, or seen by others. */
export function Receipt({ message }: { message: TimelineMessage }) {
  const users = useParley((s) => s.users);
  const names = nameList(
    message.seenBy.map((id) => users.get(id)?.displayName ?? t('message.someone')),
  );
  const [icon, description] =
    message.state === 'pending' || message.isChanging
      ? [<Clock3 key="p" size={14} />, t('message.sending')]
      : message.state === 'failed'
        ? [<AlertCircle key="f" size={14} />, t('message.notSent')]
        : message.seenBy.length > 0
          ? [<CheckCheck key="r" size={15} />, t('message.seenBy', { names })]
          : [<Check key="s" size={14} />, t('message.sent')];
  const isSeen = message.state === 'stored' && message.seenBy.length > 0;
  return (
    <span
      role="img"
      aria-label={description}
      title={description}
      className={cx('shrink-0 pb-0.5', isSeen ? 'text-accent' : 'text-muted')}
    >
      {icon}
    </span>
  );
}

/** Says why a message could not be sent, and offers to try again. */
export function Failed({ message }: { message: TimelineMessage }) {
  const client = useClient();
  const reason = useRefusalText(message.failure);
  const { client: id } = message;
  if (id === undefined) return null;
  return (
    <p
      role="alert"
      className="mt-1 flex flex-wrap items-center gap-x-3 gap-y-1 text-note text-danger"
    >
      {t('message.failed', { reason: reason ?? t('message.rejected') })}
      <button
        type="button"
        className="font-medium underline underline-offset-3"
        onClick={() => client.retry(id)}
      >
        {t('common.tryAgain')}
      </button>
      <button
        type="button"
        className="underline underline-offset-3"
        onClick={() => client.discard(id)}
      >
        {t('message.discard')}
      </button>
    </p>
  );
}

/** Replaces a message that is about to be deleted, and offers to undo the deletion. */
export function Deleting({ onUndo }: { onUndo: () => void }) {
  return (
    <p className="text-muted">
      <span className="italic">{t('message.deleting')}</span>{' '}
      <button
        type="button"
        // Gets the focus next, after the button that deleted the message.
        data-actions
        onClick={({ currentTarget }) => {
          // This button is removed.
          currentTarget.closest('article')?.focus({ preventScroll: true });
          onUndo();
        }}
        className="tap min-h-6 rounded-md px-1 font-medium text-accent underline underline-offset-3"
      >
        {t('message.undo')}
      </button>
    </p>
  );
}
