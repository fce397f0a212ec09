import type { TimelineMessage } from '@parley/client';
import { ChevronDown, SmilePlus } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { ReactionEmoji } from '../emoji/custom-emoji-image.tsx';
import { emojiLabel } from '../emoji/emoji-label.ts';
import { useExcerpt } from '../emoji/excerpt.tsx';
import { LazyEmojiPicker } from '../emoji/lazy-emoji-picker.tsx';
import { useParley } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { cx } from '../ui/cx.ts';
import { Dialog } from '../ui/dialog.tsx';
import { groupsOf, type MenuEntry, type Submenu } from './action-groups.ts';
import { useAllActions } from './all-actions.tsx';
import { submenuLook } from './menu-items.tsx';
import type { MoreAction } from './message-action.ts';
import type { MoreDialogName } from './more-dialog.tsx';
import { useQuickReactions } from './quick-reactions.ts';
import { useReact } from './reactions.tsx';
import { usePermissions } from './use-permissions.ts';

/** The number of reactions in the first row. */
const QUICK = 6;
/** Maximum length of the excerpt in the header, in characters. */
const EXCERPT = 120;

/** The actions on a message for touch screens: quick reactions first, the rest below. */
export function MessageSheet({
  message,
  author,
  onOpen,
  onEdit,
  onDelete,
  onClose,
}: {
  message: TimelineMessage;
  author: string;
  onOpen: (dialog: MoreDialogName) => void;
  onEdit: () => void;
  onDelete: () => void;
  onClose: () => void;
}) {
  const may = usePermissions(message);
  const summary = useExcerpt(message.body, EXCERPT, message.mentions);
  const actions = useAllActions(message, onOpen, onEdit, onDelete);
  const react = useReact(message);
  const choose = (emoji: string) => {
    react(emoji);
    onClose();
  };
  return (
    <Dialog open onClose={onClose} title={author} description={summary}>
      {may('react') && <QuickReactions onChoose={choose} />}
      <SheetActions
        actions={actions}
        onChoose={({ run }) => {
          onClose();
          run();
        }}
      />
    </Dialog>
  );
}

/** The actions in groups; a submenu opens in place. */
function SheetActions({
  actions,
  onChoose,
}: {
  actions: readonly MoreAction[];
  onChoose: (action: MoreAction) => void;
}) {
  const [open, setOpen] = useState<Submenu | null>(null);
  const one = (action: MoreAction) => (
    <Action
      key={action.key}
      icon={action.icon}
      danger={action.danger ?? false}
      onClick={() => onChoose(action)}
    >
      {action.label}
    </Action>
  );
  const several = ({ submenu, actions }: Extract<MenuEntry, { submenu: Submenu }>) => {
    const { icon, label } = submenuLook(submenu);
    const isOpen = open === submenu;
    return (
      <div key={submenu}>
        <Action icon={icon} isOpen={isOpen} onClick={() => setOpen(isOpen ? null : submenu)}>
          {label}
        </Action>
        {isOpen && <div className="ps-7">{actions.map(one)}</div>}
      </div>
    );
  };
  return (
    <div className="-mx-2 mt-1">
      {groupsOf(actions).map((entries, n) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the groups keep their order
        <div key={n} className="mt-2 border-line border-t pt-2">
          {entries.map((entry) => ('submenu' in entry ? several(entry) : one(entry)))}
        </div>
      ))}
    </div>
  );
}

/** The first reactions in a row, and a button that offers all. */
function QuickReactions({ onChoose }: { onChoose: (emoji: string) => void }) {
  const [choosing, setChoosing] = useState(false);
  const quick = useQuickReactions(QUICK);
  const custom = useParley((s) => s.emoji);
  if (choosing) {
    return (
      <div className="h-[min(24rem,60dvh)]">
        <LazyEmojiPicker onChoose={({ emoji }) => onChoose(emoji)} />
      </div>
    );
  }
  return (
    <div className="flex justify-between py-1">
      {quick.map((emoji) => (
        <button
          key={emoji}
          type="button"
          aria-label={t('message.reactWith', { emoji: emojiLabel(emoji, custom) })}
          onClick={() => onChoose(emoji)}
          className={ROUND}
        >
          <span className="text-2xl leading-none">
            <ReactionEmoji emoji={emoji} />
          </span>
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
  'flex size-11 shrink-0 items-center justify-center rounded-full bg-sunken transition-colors active:bg-selected';

function Action({
  icon,
  danger = false,
  isOpen,
  onClick,
  children,
}: {
  icon: ReactNode;
  danger?: boolean;
  /** Of an action that opens a submenu: whether that is open. */
  isOpen?: boolean;
  onClick: () => void;
  children: ReactNode;
}) {
  return (
    <button
      type="button"
      aria-expanded={isOpen}
      onClick={onClick}
      className={cx(
        'flex min-h-12 w-full items-center gap-3.5 rounded-lg px-3 text-start active:bg-hover',
        danger ? 'text-danger' : 'text-ink',
      )}
    >
      {icon} {children}
      {isOpen !== undefined && (
        <ChevronDown
          size={16}
          aria-hidden="true"
          className={cx('ms-auto text-muted', isOpen && 'rotate-180')}
        />
      )}
    </button>
  );
}
