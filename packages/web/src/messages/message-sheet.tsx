import type { TimelineMessage } from '@parley/client';
import { SmilePlus } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { useExcerpt } from '../emoji/excerpt.tsx';
import { LazyEmojiPicker } from '../emoji/lazy-emoji-picker.tsx';
import { t } from '../texts/index.ts';
import { cx } from '../ui/cx.ts';
import { Dialog } from '../ui/dialog.tsx';
import { useAllActions } from './all-actions.tsx';
import type { MoreAction } from './more-actions.tsx';
import { useReact } from './reactions.tsx';
import { usePermissions } from './use-permissions.ts';

/** The reactions in the first row. */
const QUICK = ['👍', '❤️', '😂', '🎉', '🙏', '👀'];
/** Maximum length of the excerpt in the header, in characters. */
const EXCERPT = 120;

/** The actions on a message for touch screens: quick reactions first, the rest below. */
export function MessageSheet({
  message,
  author,
  more,
  onEdit,
  onDelete,
  onClose,
}: {
  message: TimelineMessage;
  author: string;
  more: readonly MoreAction[];
  onEdit: () => void;
  onDelete: () => void;
  onClose: () => void;
}) {
  const may = usePermissions(message);
  const summary = useExcerpt(message.body, EXCERPT, message.mentions);
  const actions = useAllActions(message, more, onEdit, onDelete);
  const react = useReact(message);
  const choose = (emoji: string) => {
    react(emoji);
    onClose();
  };
  return (
    <Dialog open onClose={onClose} title={author} description={summary}>
      {may('react') && <QuickReactions onChoose={choose} />}
      <div className="-mx-2 mt-3 border-line border-t pt-2">
        {actions.map(({ key, icon, label, danger, run }) => (
          <Action
            key={key}
            icon={icon}
            danger={danger ?? false}
            onClick={() => {
              onClose();
              run();
            }}
          >
            {label}
          </Action>
        ))}
      </div>
    </Dialog>
  );
}

/** The first reactions in a row, and a button that offers all. */
function QuickReactions({ onChoose }: { onChoose: (emoji: string) => void }) {
  const [choosing, setChoosing] = useState(false);
  if (choosing) {
    return (
      <div className="h-[min(24rem,60dvh)]">
        <LazyEmojiPicker onChoose={({ emoji }) => onChoose(emoji)} />
      </div>
    );
  }
  return (
    <div className="flex justify-between gap-1 py-1">
      {QUICK.map((emoji) => (
        <button
          key={emoji}
          type="button"
          aria-label={t('message.reactWith', { emoji })}
          onClick={() => onChoose(emoji)}
          className={ROUND}
        >
          <span className="text-2xl leading-none">{emoji}</span>
        </button>
      ))}
      <button
        type="button"
        aria-label={t('message.moreReactions')}
        onClick={() => setChoosing(true)}
        className={cx(ROUND, 'text-muted')}
      >
        <SmilePlus size={20} />
      </button>
    </div>
  );
}

const ROUND =
  'flex size-11 items-center justify-center rounded-full bg-sunken transition-colors active:bg-selected';

function Action({
  icon,
  danger = false,
  onClick,
  children,
}: {
  icon: ReactNode;
  danger?: boolean;
  onClick: () => void;
  children: ReactNode;
}) {
  return (
    <button
      type="button"
      onClick={onClick}
      className={cx(
        'flex min-h-12 w-full items-center gap-3.5 rounded-lg px-3 text-start active:bg-hover',
        danger ? 'text-danger' : 'text-ink',
      )}
    >
      {icon} {children}
    </button>
  );
}
