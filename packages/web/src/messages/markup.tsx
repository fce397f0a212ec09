import type { Mention } from '@parley/protocol';
import { useMemo, useState } from 'react';
import { displayText } from '../lib/display-text.ts';
import { t } from '../texts/index.ts';
import { useExpanded } from './expanded.ts';
import { MentionChip } from './mention-chip.tsx';
import { foldTokens, isLong, parseText, type TextToken, withMentions } from './parse-text.ts';

/**
 * Renders a message's text with line breaks, links, mentions, `code` and ```blocks```. A long text is folded
 * behind “Show more”; its state is kept under `id` while the row is unmounted. The box is clipped, so
 * that stacked combining marks do not cover neighbouring messages.
 */
export function Markup({
  id,
  text,
  mentions = NONE,
}: {
  id: string;
  text: string;
  mentions?: readonly Mention[];
}) {
  const expanded = useExpanded();
  const [isExpanded, setExpanded] = useState(() => expanded.has(id));
  const [tokens, canFold] = useMemo(() => {
    const shown = displayText(text);
    return [withMentions(parseText(shown), mentions), isLong(shown)] as const;
  }, [text, mentions]);
  const isFolded = canFold && !isExpanded;
  const toggle = () => {
    if (isExpanded) expanded.delete(id);
    else expanded.add(id);
    setExpanded(!isExpanded);
  };
  return (
    <>
      <div
        dir="auto"
        className="overflow-clip whitespace-pre-wrap break-words [overflow-clip-margin:4px] [overflow-wrap:anywhere]"
      >
        {(isFolded ? foldTokens(tokens) : tokens).map((token, n) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: tokens have no other identity
          <Token key={n} token={token} />
        ))}
      </div>
      {canFold && (
        <button
          type="button"
          aria-expanded={isExpanded}
          onClick={toggle}
          className="mt-0.5 min-h-8 font-medium text-[13px] text-accent underline-offset-3 hover:underline"
        >
          {isExpanded ? t('message.showLess') : t('common.showMore')}
        </button>
      )}
    </>
  );
}

const NONE: readonly Mention[] = [];

function Token({ token }: { token: TextToken }) {
  switch (token.kind) {
    case 'text':
      return token.text;
    case 'mention':
      return <MentionChip mention={token.mention} text={token.text} />;
    case 'code':
      return (
        <code className="rounded-md bg-sunken px-1.5 py-0.5 font-mono text-[13px]">
          {token.text}
        </code>
      );
    case 'block':
      return (
        <pre className="my-1.5 overflow-x-auto rounded-lg border border-line bg-sunken px-3 py-2 font-mono text-[13px] leading-relaxed">
          <code>{token.text}</code>
        </pre>
      );
    case 'link':
      return (
        <a
          href={token.text}
          target="_blank"
          rel="noopener noreferrer nofollow"
          className="text-accent underline decoration-accent/40 underline-offset-3 hover:decoration-accent"
        >
          {token.text}
        </a>
      );
  }
}
