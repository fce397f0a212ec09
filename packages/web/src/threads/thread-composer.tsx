import type { ConversationView } from '@parley/client';
import type { Seq } from '@parley/protocol';
import { SendHorizontal } from 'lucide-react';
import { useEffect, useLayoutEffect, useRef, useState } from 'react';
import { duration } from '../lib/text.ts';
import { actionOf, charactersLeft, isSendable } from '../messages/composer-rules.ts';
import { grow } from '../messages/grow.ts';
import { useMentionMenu } from '../messages/use-mention-menu.tsx';
import { useSlowMode } from '../messages/use-slow-mode.ts';
import { readKept, writeKept } from '../session/device.ts';
import { useAccountId, useClient } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { useCoarsePointer } from '../ui/use-coarse-pointer.ts';

/** The field for a reply; its draft is stored on the device. */
export function ThreadComposer({
  view,
  root,
  onSent,
}: {
  view: ConversationView;
  root: Seq;
  onSent: () => void;
}) {
  const client = useClient();
  const account = useAccountId();
  const kept = `draft.${view.id}.${root}`;
  const field = useRef<HTMLTextAreaElement>(null);
  const [text, setText] = useState(() => readKept(account, kept) ?? '');
  const [caret, setCaret] = useState(text.length);
  const [isAlso, setAlso] = useState(false);
  const wait = useSlowMode(view);
  const isTouch = useCoarsePointer();
  const ready = isSendable(text) && wait === 0;
  const moveTo = useRef<number | null>(null);
  const mayPost = view.permissions.includes('post');
  useEffect(() => writeKept(account, kept, text || null), [account, kept, text]);
  useEffect(() => {
    // On touch screens the focus would open the keyboard over half of the thread.
    if (window.matchMedia('(pointer: fine)').matches) field.current?.focus();
  }, []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the height and the caret follow the text
  useLayoutEffect(() => {
    if (field.current) grow(field.current);
    if (moveTo.current !== null) field.current?.setSelectionRange(moveTo.current, moveTo.current);
    moveTo.current = null;
  }, [text]);
  const mentions = useMentionMenu({
    view,
    text,
    caret,
    onChange: (next, at) => {
      setText(next);
      setCaret(at);
      moveTo.current = at;
    },
  });
  const send = () => {
    if (!ready) return;
    client.post(view.id, text.trim(), { thread: root, alsoInConversation: isAlso && mayPost });
    setText('');
    setAlso(false);
    onSent();
    field.current?.focus();
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
      className="relative px-3 pb-[max(0.75rem,env(safe-area-inset-bottom))]"
    >
      {mentions.menu}
      <div className="rounded-xl border border-line bg-raised p-1.5 pl-3.5 shadow-sm transition focus-within:border-accent focus-within:ring-3 focus-within:ring-accent/15">
        <div className="flex items-end gap-1">
          <textarea
            ref={field}
            value={text}
            rows={1}
            {...mentions.field}
            enterKeyHint={isTouch ? 'enter' : 'send'}
            dir="auto"
            aria-label={t('thread.reply')}
            placeholder={t('thread.reply')}
            aria-invalid={charactersLeft(text) < 0}
            onChange={(event) => {
              setText(event.target.value);
              setCaret(event.target.selectionStart);
            }}
            onSelect={(event) => setCaret(event.currentTarget.selectionStart)}
            onKeyDown={(event) => {
              if (mentions.onKeyDown(event)) return;
              const action = actionOf(event.nativeEvent, { isTouch, isEmpty: text === '' });
              if (action !== 'send') return;
              event.preventDefault();
              send();
            }}
            className="max-h-60 min-h-10 flex-1 resize-none bg-transparent py-2 outline-none placeholder:text-muted"
          />
          {wait > 0 && (
            <span className="self-center px-1 text-[12px] text-muted tabular-nums">
              {t('composer.slowMode', { time: duration(wait) })}
            </span>
          )}
          <button
            type="submit"
            aria-label={t('thread.send')}
            title={t('thread.send')}
            disabled={!ready}
            className="inline-flex size-10 shrink-0 items-center justify-center rounded-lg bg-accent text-on-accent transition-colors hover:bg-accent-strong disabled:bg-transparent disabled:text-muted"
          >
            <SendHorizontal size={18} />
          </button>
        </div>
        {mayPost && (
          <label className="flex min-h-9 w-fit items-center gap-2 text-[13px] text-soft">
            <input
              type="checkbox"
              checked={isAlso}
              onChange={(event) => setAlso(event.target.checked)}
              className="size-4 accent-accent"
            />
            {t('thread.alsoSend')}
          </label>
        )}
      </div>
    </form>
  );
}
