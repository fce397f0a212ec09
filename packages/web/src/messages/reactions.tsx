import type { TimelineMessage } from '@parley/client';
import { SmilePlus } from 'lucide-react';
import { Popover } from 'radix-ui';
import { useState } from 'react';
import { ReactionEmoji } from '../emoji/custom-emoji-image.tsx';
import { emojiLabel } from '../emoji/emoji-label.ts';
import { nameList } from '../lib/text.ts';
import { useClient, useParley } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { cx } from '../ui/cx.ts';
import { EMOJI } from './emoji.ts';

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
    <div className="mt-1 flex flex-wrap gap-1.5">
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
              'flex h-7.5 items-center gap-1.5 rounded-full border px-2.5 text-[13px] tabular-nums transition-colors',
              mine
                ? 'border-accent/60 bg-accent-soft text-accent-strong'
                : 'border-line bg-raised text-soft hover:bg-hover',
            )}
          >
            <span className="text-[15px] leading-none">
              <ReactionEmoji emoji={emoji} />
            </span>{' '}
            {accounts.length}
          </button>
        );
      })}
    </div>
  );
}

/** The button that opens the reaction picker. */
export function ReactionPicker({
  message,
  className,
}: {
  message: TimelineMessage;
  className?: string;
}) {
  const react = useReact(message);
  const [open, setOpen] = useState(false);
  const choose = (emoji: string) => {
    react(emoji);
    setOpen(false);
  };
  return (
    <Popover.Root open={open} onOpenChange={setOpen}>
      <Popover.Trigger
        aria-label={t('reactions.add')}
        title={t('reactions.add')}
        className={cx(
          'inline-flex size-9 items-center justify-center rounded-md text-muted hover:bg-hover hover:text-ink',
          className,
        )}
      >
        <SmilePlus size={17} />
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content
          side="top"
          align="end"
          collisionPadding={12}
          className="surface-in z-50 w-[19.5rem] rounded-2xl border border-line bg-raised p-2.5 shadow-(--shadow)"
        >
          <EmojiChoice onChoose={choose} />
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}

/** Offers a set of emoji, and a field for any other. */
export function EmojiChoice({ onChoose }: { onChoose: (emoji: string) => void }) {
  return (
    <>
      <div className="grid grid-cols-[repeat(auto-fill,minmax(2.25rem,1fr))] justify-items-center gap-0.5">
        {EMOJI.map((emoji) => (
          <button
            key={emoji}
            type="button"
            onClick={() => onChoose(emoji)}
            className="flex size-9 items-center justify-center rounded-lg text-xl hover:bg-hover"
          >
            {emoji}
          </button>
        ))}
      </div>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          const text = String(new FormData(event.currentTarget).get('emoji') ?? '').trim();
          if (text) onChoose(text);
        }}
      >
        <input
          name="emoji"
          aria-label={t('reactions.otherEmoji')}
          placeholder={t('reactions.otherEmojiPlaceholder')}
          autoComplete="off"
          className="mt-2 h-10 w-full rounded-lg border border-line bg-canvas px-3 text-sm outline-none placeholder:text-muted focus:border-accent"
        />
      </form>
    </>
  );
}
