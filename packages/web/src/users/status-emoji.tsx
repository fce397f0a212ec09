import type { AccountId } from '@parley/protocol';
import { useStatus } from '../session/entries.ts';

/** Shown for a status that has only a text. */
const TEXT_ONLY = '💬';

/**
 * The emoji of a user’s status, with its text as tooltip; nothing without a status. What shows it subscribes to
 * the user.
 */
export function StatusEmoji({ id }: { id: AccountId }) {
  const status = useStatus(id);
  if (!status || (status.emoji === null && status.text === '')) return null;
  return (
    <span
      role="img"
      aria-label={status.text || undefined}
      title={status.text || undefined}
      className="ms-1 font-normal"
    >
      {status.emoji ?? TEXT_ONLY}
    </span>
  );
}
