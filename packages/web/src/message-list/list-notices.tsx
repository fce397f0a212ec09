import { ArrowDown, ArrowUp, X } from 'lucide-react';
import { unreadText } from '../lib/text.ts';
import { t } from '../texts/index.ts';
import { Button, IconButton } from '../ui/button.tsx';

const newMessages = (unread: number): string =>
  t('messageList.newMessages', { count: unread, shown: unreadText(unread) });

const PILL =
  'absolute inset-x-0 top-2 mx-auto flex w-fit items-center rounded-full border border-line bg-raised py-1 text-sm shadow-overlay';

/** What is shown over a list: that loading has failed, unread messages above, and the way to the newest message. */
export function ListNotices({
  unread,
  hasLoadProblem,
  hasUnreadAbove,
  isAway,
  onRetry,
  onGoToUnread,
  onMarkRead,
  onGoToEnd,
}: {
  /** The number of unread messages. */
  unread: number;
  hasLoadProblem: boolean;
  hasUnreadAbove: boolean;
  /** Whether the list is scrolled up. */
  isAway: boolean;
  onRetry: () => void;
  onGoToUnread: () => void;
  onMarkRead: () => void;
  onGoToEnd: () => void;
}) {
  return (
    <>
      {hasLoadProblem && <LoadProblem onRetry={onRetry} />}
      {hasUnreadAbove && (
        <UnreadAbove unread={unread} onGo={onGoToUnread} onMarkRead={onMarkRead} />
      )}
      {isAway && <JumpToEnd unread={unread} onGo={onGoToEnd} />}
    </>
  );
}

/** Shows that messages could not be loaded. */
export function LoadProblem({ onRetry }: { onRetry: () => void }) {
  return (
    <div role="alert" className={`${PILL} gap-3 pe-1.5 ps-4`}>
      {t('messageList.loadFailed')}
      <Button look="quiet" className="min-h-8 px-3" onClick={onRetry}>
        {t('common.tryAgain')}
      </Button>
    </div>
  );
}

/** Offers to jump to unread messages that scrolled out of view while the user was idle. */
function UnreadAbove({
  unread,
  onGo,
  onMarkRead,
}: {
  unread: number;
  onGo: () => void;
  onMarkRead: () => void;
}) {
  return (
    <div className={`${PILL} surface-in gap-1 px-1.5`}>
      <Button look="quiet" className="min-h-8 px-3" onClick={onGo}>
        <ArrowUp size={16} /> {newMessages(unread)}
      </Button>
      <IconButton
        label={t('messageList.markAsRead')}
        className="size-8 rounded-full"
        onClick={onMarkRead}
      >
        <X size={16} />
      </IconButton>
    </div>
  );
}

/** Offers to jump to the newest message, with the number of unread ones, in a list that is scrolled up. */
function JumpToEnd({ unread, onGo }: { unread: number; onGo: () => void }) {
  return (
    <button
      type="button"
      onClick={onGo}
      className="surface-in absolute end-5 bottom-3 flex min-h-10 pointer-coarse:min-h-11 items-center gap-2 rounded-full border border-line bg-raised px-3.5 text-sm shadow-overlay hover:bg-hover"
    >
      <ArrowDown size={16} />
      {unread === 0 ? t('messageList.jumpToLatest') : newMessages(unread)}
    </button>
  );
}
