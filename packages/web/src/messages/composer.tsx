import type { ConversationView } from '@parley/client';
import type { Seq } from '@parley/protocol';
import { CalendarClock, ChartBarBig, SendHorizontal } from 'lucide-react';
import {
  type KeyboardEvent,
  type RefObject,
  useEffect,
  useLayoutEffect,
  useRef,
  useState,
} from 'react';
import { toast } from 'sonner';
import { AttachButton, FileTray, pasteFiles, useDroppedFiles } from '../files/attach-button.tsx';
import { useNewFiles } from '../files/use-new-files.ts';
import { lazyPart } from '../lib/lazy-part.tsx';
import { duration } from '../lib/text.ts';
import { fullTime } from '../lib/time.ts';
import { readKept, writeKept } from '../session/device.ts';
import { useAccountId, useClient } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { IconButton } from '../ui/button.tsx';
import { cx } from '../ui/cx.ts';
import { useCoarsePointer } from '../ui/use-coarse-pointer.ts';
import { actionOf, charactersLeft, isSendable } from './composer-rules.ts';
import {
  applyChange,
  type FieldChange,
  type FieldText,
  formatChange,
  lineBreakChange,
  pasteChange,
} from './format-keys.ts';
import { grow } from './grow.ts';
import { ReplyBar } from './quote.tsx';
import { useMentionMenu } from './use-mention-menu.tsx';
import { useServerDraft } from './use-server-draft.ts';
import { useSlowMode } from './use-slow-mode.ts';

/** The remaining characters are shown from here on. */
const SHOW_COUNT_BELOW = 500;
const SendLater = lazyPart(async () => (await import('../personal/send-later.tsx')).SendLater);
const PollDialog = lazyPart(async () => (await import('./poll-dialog.tsx')).PollDialog);
const draftName = (id: string) => `draft.${id}`;

/** The field for a new message; the draft is stored on the device, and on the server. */
export function Composer({
  view,
  draft,
  title,
  replyTo,
  onCancelReply,
  hadFocus,
  onSent,
  onEditLast,
}: {
  view: ConversationView;
  /** Holds the current text, also after the field is unmounted. */
  draft: RefObject<string>;
  title: string;
  /** The message that is being replied to. */
  replyTo: Seq | null;
  onCancelReply: () => void;
  /** Set when the field is removed while it has the focus. */
  hadFocus: RefObject<boolean>;
  onSent: () => void;
  /** Called on ArrowUp in an empty field. */
  onEditLast: () => void;
}) {
  const client = useClient();
  const account = useAccountId();
  const field = useRef<HTMLTextAreaElement>(null);
  const [text, setText] = useState(() => readKept(account, draftName(view.id)) ?? '');
  const [caret, setCaret] = useState(text.length);
  draft.current = text;
  const sent = useServerDraft(view.id, text, setText);
  const left = charactersLeft(text);
  const wait = useSlowMode(view);
  const files = useNewFiles(view.id);
  useDroppedFiles(files);
  const hasContent = isSendable(text) || (files.ids.length > 0 && left >= 0);
  const ready = hasContent && files.isReady && wait === 0;
  const isTouch = useCoarsePointer();
  const [isLater, setLater] = useState(false);
  const [isPoll, setPoll] = useState(false);

  // biome-ignore lint/correctness/useExhaustiveDependencies: the height follows the text
  useLayoutEffect(() => {
    if (field.current) grow(field.current);
  }, [text]);
  useEffect(() => {
    writeKept(account, draftName(view.id), text || null);
  }, [account, text, view.id]);
  useEffect(() => {
    // On touch screens the focus would open the keyboard over half of the conversation.
    if (window.matchMedia('(pointer: fine)').matches) field.current?.focus();
  }, []);

  useEffect(() => {
    if (replyTo !== null) field.current?.focus();
  }, [replyTo]);
  useLayoutEffect(() => {
    const element = field.current;
    hadFocus.current = false;
    return () => {
      hadFocus.current = document.activeElement === element;
    };
  }, [hadFocus]);

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
  // The caret follows a name that was filled in, once the field has its text.
  const moveTo = useRef<number | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: after each change of the text
  useLayoutEffect(() => {
    if (moveTo.current === null) return;
    field.current?.setSelectionRange(moveTo.current, moveTo.current);
    moveTo.current = null;
  }, [text]);

  const send = () => {
    if (!ready) return;
    const options = { ...(replyTo !== null && { replyTo }), attachments: files.ids };
    sent(client.post(view.id, text.trim(), options).settled);
    setText('');
    files.clear();
    onSent();
    field.current?.focus();
  };
  const schedule = async (sendAt: string) => {
    const quote = replyTo === null ? {} : { replyTo };
    const body = text.trim();
    await client.api.schedule({ conversation: view.id, body, sendAt, ...quote });
    sent(Promise.resolve());
    setText('');
    onCancelReply();
    toast(t('scheduled.scheduledFor', { time: fullTime(sendAt) }));
  };
  return (
    <>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          send();
        }}
        className="relative px-3 pb-[max(0.75rem,env(safe-area-inset-bottom))] sm:px-5"
      >
        {mentions.menu}
        {replyTo !== null && <ReplyBar seq={replyTo} onCancel={onCancelReply} />}
        {files.items.length > 0 && <FileTray files={files} />}
        <div className="flex items-end gap-1 rounded-xl border border-line bg-raised p-1.5 pl-3.5 shadow-sm transition focus-within:border-accent focus-within:ring-3 focus-within:ring-accent/15">
          <textarea
            ref={field}
            value={text}
            rows={1}
            data-composer
            {...mentions.field}
            enterKeyHint={isTouch ? 'enter' : 'send'}
            dir="auto"
            aria-label={t('composer.message', { title })}
            placeholder={t('composer.message', { title })}
            onChange={(event) => {
              setText(event.target.value);
              setCaret(event.target.selectionStart);
              if (event.target.value.trim()) client.typing(view.id);
            }}
            onSelect={(event) => setCaret(event.currentTarget.selectionStart)}
            onPaste={(event) => {
              if (pasteFiles(event, files)) return;
              const pasted = event.clipboardData.getData('text/plain');
              const change = pasteChange(pasted, fieldText(event.currentTarget));
              if (!change) return;
              event.preventDefault();
              applyChange(event.currentTarget, change);
            }}
            onKeyDown={(event) => {
              if (mentions.onKeyDown(event)) return;
              if (event.key === 'Escape' && !event.nativeEvent.isComposing) onCancelReply();
              const action = actionOf(event.nativeEvent, { isTouch, isEmpty: text === '' });
              if (action === null) {
                const change = markdownChange(event);
                if (!change) return;
                event.preventDefault();
                applyChange(event.currentTarget, change);
                return;
              }
              event.preventDefault();
              if (action === 'send') send();
              else onEditLast();
            }}
            className="max-h-60 min-h-10 flex-1 resize-none bg-transparent py-2 outline-none placeholder:text-muted"
          />
          {wait > 0 && (
            <span className="self-center px-1 text-[12px] text-muted tabular-nums">
              {t('composer.slowMode', { time: duration(wait) })}
            </span>
          )}
          {left < SHOW_COUNT_BELOW && (
            <span
              role="status"
              className={cx(
                'self-center px-1 text-[12px] tabular-nums',
                left < 0 ? 'text-danger' : 'text-muted',
              )}
            >
              <span aria-hidden="true">{left}</span>
              <span className="sr-only">{t('composer.charactersLeft', { count: left })}</span>
            </span>
          )}
          {isSendable(text) && files.items.length === 0 && (
            <IconButton label={t('scheduled.sendLater')} onClick={() => setLater(true)}>
              <CalendarClock size={18} />
            </IconButton>
          )}
          {text === '' && files.items.length === 0 && (
            <IconButton label={t('poll.create')} onClick={() => setPoll(true)}>
              <ChartBarBig size={18} />
            </IconButton>
          )}
          <AttachButton files={files} />
          <button
            type="submit"
            aria-label={t('composer.send')}
            title={t('composer.send')}
            disabled={!ready}
            className="inline-flex size-10 shrink-0 items-center justify-center rounded-lg bg-accent text-on-accent transition-colors hover:bg-accent-strong disabled:bg-transparent disabled:text-muted"
          >
            <SendHorizontal size={18} />
          </button>
        </div>
      </form>
      {isPoll && <PollDialog conversation={view.id} onClose={() => setPoll(false)} />}
      {isLater && (
        <SendLater
          title={t('scheduled.sendLater')}
          onChoose={schedule}
          onClose={() => setLater(false)}
        />
      )}
    </>
  );
}

const fieldText = ({ value, selectionStart, selectionEnd }: HTMLTextAreaElement): FieldText => ({
  text: value,
  start: selectionStart,
  end: selectionEnd,
});

/** Returns what a key that neither sends nor edits changes in the field. */
function markdownChange(event: KeyboardEvent<HTMLTextAreaElement>): FieldChange | null {
  const field = fieldText(event.currentTarget);
  const { key, isComposing } = event.nativeEvent;
  if (key === 'Enter' && !isComposing) return lineBreakChange(field);
  return formatChange(event.nativeEvent, field);
}
