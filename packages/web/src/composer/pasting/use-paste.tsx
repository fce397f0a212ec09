import { X } from 'lucide-react';
import { type ClipboardEvent, type ReactNode, type RefObject, useState } from 'react';
import { isInCode } from '../../lib/code-fences.ts';
import { applyChange, fieldTextOf, insertion } from '../../lib/field-text.ts';
import { t } from '../../texts/index.ts';
import { Button, IconButton } from '../../ui/button.tsx';
import { codeBlockChange } from '../formatting/formats.ts';
import { linkOfPaste } from './paste-link.ts';
import { pastedCode } from './pasted-code.ts';

/** Larger HTML is pasted as plain text: its conversion would block the page. */
const HTML_MAX = 500_000;
/** Matches HTML of formatted text. */
const FORMATTED =
  /<(?:strong|b|em|i|s|del|strike|code|pre|a|ul|ol|blockquote|table|h[1-6])\b|font-weight|font-style|line-through|mso-list/i;

/** An offer for a text that was pasted at a position. */
type Offer = { readonly from: number; readonly pasted: string } & (
  | { readonly kind: 'code'; readonly language: string }
  | { readonly kind: 'plain'; readonly plain: string }
);

/**
 * Pastes into a message field: a URL over a selection as a link, rich text as Markdown. Offers to make a block of
 * pasted code, and to paste rich text as plain text.
 */
export function usePaste(
  field: RefObject<HTMLTextAreaElement | null>,
  text: string,
): { onPaste(event: ClipboardEvent<HTMLTextAreaElement>): void; offer: ReactNode } {
  const [offered, setOffered] = useState<Offer | null>(null);
  const onPaste = (event: ClipboardEvent<HTMLTextAreaElement>) => {
    const { clipboardData: data, currentTarget: area } = event;
    const before = fieldTextOf(area);
    const plain = data.getData('text/plain').replace(/\r\n?/g, '\n');
    setOffered(null);
    if (isInCode(before.text, before.start)) return;
    const link = linkOfPaste(plain, before);
    if (link) {
      event.preventDefault();
      applyChange(area, link);
      return;
    }
    const code = pastedCode(plain, data.getData('vscode-editor-data'));
    if (code) {
      setOffered({ kind: 'code', from: before.start, pasted: plain, ...code });
      return;
    }
    const html = data.getData('text/html');
    if (html.length > HTML_MAX || !FORMATTED.test(html)) return;
    event.preventDefault();
    void pasteHtml(area, html, plain).then(setOffered);
  };
  const isStill = offered && text.startsWith(offered.pasted, offered.from);
  const accept = () => {
    const area = field.current;
    if (!area || !offered) return;
    const { from, pasted } = offered;
    const whole = { text: area.value, start: from, end: from + pasted.length };
    if (offered.kind === 'code') {
      // A trailing line break is not part of the code.
      const code = { ...whole, end: from + pasted.trimEnd().length };
      const change = codeBlockChange(code, offered.language);
      const caret = from + change.text.length;
      applyChange(area, { ...change, to: whole.end, select: [caret, caret] });
    } else applyChange(area, insertion(whole, offered.plain));
    setOffered(null);
  };
  const offer = isStill && (
    <div role="status" className="flex items-center gap-1 px-2 pb-1 text-note text-soft">
      <span className="min-w-0 flex-1 truncate">
        {t(offered.kind === 'code' ? 'composer.pastedCode' : 'composer.pastedMarkdown')}
      </span>
      <Button className="min-h-8 px-3 text-note" onClick={accept}>
        {t(offered.kind === 'code' ? 'composer.makeCodeBlock' : 'composer.pastePlain')}
      </Button>
      <IconButton label={t('common.dismiss')} className="size-8" onClick={() => setOffered(null)}>
        <X size={16} />
      </IconButton>
    </div>
  );
  return { onPaste, offer: offer || null };
}

/** Pastes rich text as Markdown, or unchanged if it has no format; returns what to offer. */
async function pasteHtml(
  area: HTMLTextAreaElement,
  html: string,
  plain: string,
): Promise<Offer | null> {
  // Pasted as plain text if the converter can’t be loaded, such as while offline.
  const markdown = await import('./html-to-markdown.ts')
    .then(({ htmlToMarkdown }) => htmlToMarkdown(html))
    .catch(() => plain);
  const pasted = markdown.trim() === '' ? plain : markdown;
  const place = fieldTextOf(area);
  applyChange(area, insertion(place, pasted));
  const isSame = pasted.replace(/\s+/g, ' ') === plain.trim().replace(/\s+/g, ' ');
  return isSame || plain === '' ? null : { kind: 'plain', from: place.start, pasted, plain };
}
