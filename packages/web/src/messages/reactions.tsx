import type { TimelineMessage } from '@parley/client';
import { SmilePlus } from 'lucide-react';
import { ReactionEmoji } from '../emoji/custom-emoji-image.tsx';
import { EmojiButton } from '../emoji/emoji-button.tsx';
import { emojiLabel } from '../emoji/emoji-label.ts';
import { nameList } from '../lib/text.ts';
import { useClient, useParley } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { IconButton } from '../ui/button.tsx';
import { cx } from '../ui/cx.ts';
import { useQuickReactions } from './quick-reactions.ts';

/** Returns a function that adds or removes the user's reaction with an emoji. */
export function useReact(message: TimelineMessage): (emoji: string) => void {
  const client = useClient();
  return (emoji) => {
    const me = client.snapshot.me?.id;
    const mine = message.reactions.some(
      (r) => r.emoji === emoji && me !== undefined && r.accounts.includes(me),
    );
    if (mine) client.unreact(message.conversation, message.seq, emoji);
    else client.react(message.conversation, message.seq, emoji);
  };
}

/** Renders the reactions below a message. */
export function Reactions({ message }: { message: TimelineMessage }) {
  const me = useParley((s) => s.me);
  const users = useParley((s) => s.users);
  const custom = useParley((s) => s.emoji);
  const react = useReact(message);
  if (message.reactions.length === 0) return null;
  return (
    <div className="mt-1 flex flex-wrap gap-1.5 pointer-coarse:gap-2">
      {message.reactions.map(({ emoji, accounts }) => {
        const mine = me !== null && accounts.includes(me.id);
        const names = nameList(
          accounts.map((a) =>
            a === me?.id ? t('reactions.you') : (users.get(a)?.displayName ?? t('message.someone')),
          ),
        );
        return (
          <button
            key={emoji}
            type="button"
            aria-pressed={mine}
            aria-label={t('reactions.by', {
              emoji: emojiLabel(emoji, custom),
              count: accounts.length,
              names,
            })}
            title={names}
            onClick={() => react(emoji)}
            className={cx(
              'tap flex h-7.5 pointer-coarse:h-10 items-center gap-1.5 rounded-full border px-2.5 pointer-coarse:px-3.5 text-note tabular-nums transition-colors',
              mine
                ? 'border-accent/60 bg-accent-soft text-accent-strong'
                : 'border-line bg-raised text-soft hover:bg-hover',
            )}
          >
            <span className="text-body leading-none">
              <ReactionEmoji emoji={emoji} />
            </span>{' '}
            {accounts.length}
          </button>
        );
      })}
    </div>
  );
}

/** How many reactions have a button of their own. */
const QUICK = 3;

/** Buttons that react with one click. */
export function QuickReactions({ message }: { message: TimelineMessage }) {
  const react = useReact(message);
  const me = useParley((s) => s.me?.id);
  const custom = useParley((s) => s.emoji);
  return useQuickReactions(QUICK).map((emoji) => {
    const isMine = message.reactions.some(
      (one) => one.emoji === emoji && me !== undefined && one.accounts.includes(me),
    );
    return (
      <IconButton
        key={emoji}
        label={t('message.reactWith', { emoji: emojiLabel(emoji, custom) })}
        aria-pressed={isMine}
        tabIndex={-1}
        className={cx('size-9 text-ink', isMine && 'bg-accent-soft')}
        onClick={() => react(emoji)}
      >
        <span className="text-body leading-none">
          <ReactionEmoji emoji={emoji} />
        </span>
      </IconButton>
    );
  });
}

/** The button that opens the reaction picker. */
export function ReactionPicker({ message }: { message: TimelineMessage }) {
  const react = useReact(message);
  return (
    <EmojiButton
      label={t('reactions.add')}
      onChoose={({ emoji }) => react(emoji)}
      className="tap size-9"
      tabIndex={-1}
      data-message-action="react"
    >
      <SmilePlus size={17} />
    </EmojiButton>
  );
}
