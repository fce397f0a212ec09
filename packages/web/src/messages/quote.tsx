import type { Seq } from '@parley/protocol';
import { CornerUpLeft, X } from 'lucide-react';
import { useEffect, useMemo, useSyncExternalStore } from 'react';
import { useExcerpt } from '../emoji/excerpt.tsx';
import { useParley } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { IconButton } from '../ui/button.tsx';
import { useNames } from '../users/use-names.ts';
import { UserName } from '../users/user-name.tsx';
import { useQuotes } from './quoted-messages.ts';
import { unavailableText } from './unavailable-text.ts';

/** Maximum length of the excerpt of a quoted message, in characters. */
const EXCERPT = 140;

/** Shows a quoted message; a click jumps to it. */
export function Quote({ seq }: { seq: Seq }) {
  const { jumpTo } = useQuotes();
  return (
    <button
      type="button"
      title={t('quote.jumpTo')}
      onClick={() => jumpTo(seq)}
      className="tap mt-0.5 mb-1 flex min-h-7 max-w-full items-center gap-1.5 rounded-md border-line border-s-2 ps-2 pe-1.5 text-start text-note text-muted hover:border-accent hover:bg-hover"
    >
      <QuotedText seq={seq} />
    </button>
  );
}

/** Shows the message that is being replied to, above the composer. */
export function ReplyBar({ seq, onCancel }: { seq: Seq; onCancel: () => void }) {
  return (
    <section
      aria-label={t('quote.replying')}
      className="mb-1 flex items-center gap-2 rounded-lg bg-sunken ps-3 text-note text-muted"
    >
      <span className="flex min-w-0 flex-1 items-center gap-1.5">
        <QuotedText seq={seq} />
      </span>
      <IconButton label={t('quote.cancel')} className="size-9" onClick={onCancel}>
        <X size={16} />
      </IconButton>
    </section>
  );
}

function QuotedText({ seq }: { seq: Seq }) {
  const { messages } = useQuotes();
  const isLive = useParley((s) => s.state) === 'live';
  const quoted = useSyncExternalStore(messages.subscribe, () => messages.get(seq));
  const isKnown = quoted !== undefined;
  useEffect(() => {
    if (isLive && !isKnown) void messages.load(seq);
  }, [messages, seq, isLive, isKnown]);
  const excerpt = useExcerpt(quoted?.body ?? '', EXCERPT, quoted?.mentions);
  const author = quoted?.author;
  const nameOf = useNames(useMemo(() => (author === undefined ? [] : [author]), [author]));
  if (!quoted) return <span className="italic">{t('quote.unavailable')}</span>;
  const placeholder = unavailableText(quoted);
  return (
    <>
      <CornerUpLeft size={13} aria-hidden="true" className="shrink-0" />
      <span className="max-w-[40%] shrink-0 truncate font-semibold">
        <UserName id={quoted.author} name={nameOf(quoted.author)} />
      </span>
      {placeholder !== null ? (
        <span className="truncate italic">{placeholder}</span>
      ) : (
        <bdi className="truncate">{excerpt || t('files.file')}</bdi>
      )}
    </>
  );
}
