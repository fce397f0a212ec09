import { unreadText } from '../lib/text.ts';
import { t } from '../texts/index.ts';
import { cx } from './cx.ts';

/** Shows how many messages, mentions or threads are unread. */
export function UnreadBadge({
  count,
  isMention = false,
  text = t('sidebar.unread'),
  className,
}: {
  count: number;
  /** Whether the user is mentioned in what it counts. */
  isMention?: boolean;
  /** What the number counts, for screen readers. */
  text?: string;
  className?: string;
}) {
  return (
    <span
      className={cx(
        // Forced colors remove the background, and show the border.
        'min-w-5.5 shrink-0 rounded-full border border-transparent px-1.5 py-px text-center font-semibold text-caption tabular-nums leading-snug',
        isMention ? 'bg-danger text-canvas' : 'bg-accent text-on-accent',
        className,
      )}
    >
      {/* “@2”, not “2@”, also between right-to-left texts. */}
      <bdo dir="ltr">
        {isMention && '@'}
        {unreadText(count)}
      </bdo>
      <span className="sr-only"> {text}</span>
    </span>
  );
}
