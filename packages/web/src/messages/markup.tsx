import type { Mention } from '@parley/protocol';
import { type Block, type Inline, parseMarkdown } from '@parley/protocol/markdown';
import { useMemo, useState } from 'react';
import { CodeBlock } from '../code/code-block.tsx';
import { isOnlyEmoji } from '../emoji/only-emoji.ts';
import { useEmojiOf } from '../emoji/shortcodes.ts';
import { displayText } from '../lib/display-text.ts';
import { ownLinkOf } from '../lib/own-link.ts';
import { t } from '../texts/index.ts';
import { cx } from '../ui/cx.ts';
import { useExpanded } from './expanded.ts';
import { foldedText, isLong } from './fold.ts';
import { MentionChip } from './mention-chip.tsx';
import { OwnLinkView } from './own-link.tsx';

/**
 * Renders the Markdown of a message. A long text is folded behind “Show more”; its state is kept under `id`
 * while the row is unmounted. A message of emoji alone is shown large. The box is clipped, so that stacked
 * combining marks do not cover neighboring messages.
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
  const emojiOf = useEmojiOf(text);
  const [blocks, canFold, isLarge] = useMemo(() => {
    const whole = displayText(text);
    const isFoldable = isLong(whole);
    const isFolded = isFoldable && !isExpanded;
    const visibleText = isFolded ? foldedText(whole) : whole;
    const parsed = parseMarkdown(visibleText, mentions, isFolded, emojiOf);
    return [parsed, isFoldable, isOnlyEmoji(parsed)] as const;
  }, [text, mentions, isExpanded, emojiOf]);
  const toggle = () => {
    if (isExpanded) expanded.delete(id);
    else expanded.add(id);
    setExpanded(!isExpanded);
  };
  return (
    <>
      <div
        dir="auto"
        data-only-emoji={isLarge || undefined}
        className={cx(
          'overflow-clip break-words [overflow-clip-margin:4px] [overflow-wrap:anywhere]',
          isLarge && 'text-3xl leading-tight',
        )}
      >
        <Blocks blocks={blocks} />
        {canFold && !isExpanded && '…'}
      </div>
      {canFold && (
        <button
          type="button"
          aria-expanded={isExpanded}
          onClick={toggle}
          className="tap mt-0.5 min-h-8 font-medium text-note text-accent underline-offset-3 hover:underline"
        >
          {isExpanded ? t('message.showLess') : t('common.showMore')}
        </button>
      )}
    </>
  );
}

const NONE: readonly Mention[] = [];

/* biome-ignore-start lint/suspicious/noArrayIndexKey: parts of a text have no other identity */

function Blocks({ blocks }: { blocks: readonly Block[] }) {
  return blocks.map((block, n) => <BlockView key={n} block={block} />);
}

function BlockView({ block }: { block: Block }) {
  switch (block.kind) {
    case 'paragraph':
      return (
        <div className="whitespace-pre-wrap not-last:mb-2">
          <Inlines parts={block.children} />
        </div>
      );
    case 'block':
      return <CodeBlock language={block.language} text={block.text} />;
    case 'quote':
      return (
        <blockquote className="my-1 border-line border-s-3 ps-3 text-muted">
          <Blocks blocks={block.children} />
        </blockquote>
      );
    case 'list': {
      const items = block.items.map((item, n) => (
        <li key={n} className="ps-1">
          <Blocks blocks={item} />
        </li>
      ));
      if (block.start === null) return <ul className="my-1 list-disc ps-6">{items}</ul>;
      return (
        <ol start={block.start} className="my-1 list-decimal ps-8">
          {items}
        </ol>
      );
    }
    case 'table':
      return <Table head={block.head} rows={block.rows} />;
  }
}

function Table({ head, rows }: Omit<Extract<Block, { kind: 'table' }>, 'kind'>) {
  const cell = 'border border-line px-2.5 py-1 text-start align-top';
  return (
    <div className="my-1.5 overflow-x-auto">
      <table className="border-collapse text-sm">
        <thead>
          <tr>
            {head.map((parts, n) => (
              <th key={n} scope="col" className={`${cell} bg-sunken font-semibold`}>
                <Inlines parts={parts} />
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, r) => (
            <tr key={r}>
              {row.map((parts, n) => (
                <td key={n} className={cell}>
                  <Inlines parts={parts} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Inlines({ parts }: { parts: readonly Inline[] }) {
  return parts.map((part, n) => <InlineView key={n} part={part} />);
}

/* biome-ignore-end lint/suspicious/noArrayIndexKey: parts of a text have no other identity */

function InlineView({ part }: { part: Inline }) {
  switch (part.kind) {
    case 'text':
      return part.text;
    case 'mention':
      return <MentionChip mention={part.mention} text={part.text} />;
    case 'code':
      return (
        <code dir="auto" className="rounded-md bg-sunken px-1.5 py-0.5 font-mono text-note">
          {part.text}
        </code>
      );
    case 'strong':
      return (
        <strong className="font-semibold">
          <Inlines parts={part.children} />
        </strong>
      );
    case 'emphasis':
      return (
        <em>
          <Inlines parts={part.children} />
        </em>
      );
    case 'strikethrough':
      return (
        <s>
          <Inlines parts={part.children} />
        </s>
      );
    case 'link':
      return <LinkView part={part} />;
  }
}

const LINK =
  'text-accent underline decoration-accent/40 underline-offset-3 hover:decoration-accent';

/** Links and code are isolated by `dir`: an override in the text before them must not reverse an address. */
function LinkView({ part: { href, children } }: { part: Extract<Inline, { kind: 'link' }> }) {
  const own = ownLinkOf(href);
  if (own) {
    const [only] = children;
    const isAddress = children.length === 1 && only?.kind === 'text' && only.text === href;
    return (
      <OwnLinkView link={own} href={href} className={LINK}>
        {isAddress ? null : <Inlines parts={children} />}
      </OwnLinkView>
    );
  }
  return (
    <a
      href={href}
      title={href}
      dir="auto"
      {...(!href.startsWith('mailto:') && { target: '_blank' })}
      rel="noopener noreferrer nofollow"
      className={LINK}
    >
      <Inlines parts={children} />
    </a>
  );
}
