import { fullTime } from '../lib/time.ts';
import { t } from '../texts/index.ts';

/** Marks an edited message; a button that opens the edit history once the message is stored. */
export function EditedMark({ time, onOpen }: { time: string; onOpen: (() => void) | undefined }) {
  const title = t('message.editedAt', { time: fullTime(time) });
  const look = 'text-caption text-muted';
  if (!onOpen) {
    return (
      <span title={title} className={look}>
        {t('message.edited')}
      </span>
    );
  }
  return (
    <button
      type="button"
      title={`${title}. ${t('message.showHistory')}`}
      onClick={onOpen}
      className={`tap ${look} underline-offset-3 hover:underline`}
    >
      {t('message.edited')}
    </button>
  );
}
