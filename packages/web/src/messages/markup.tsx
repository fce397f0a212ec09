import { Fragment, type ReactNode } from 'react';

const FENCE = /```(?:[a-z0-9+-]*\n)?([\s\S]*?)```/gi;
const INLINE = /`([^`\n]+)`|(https?:\/\/[^\s<>"']+)/g;
/** Punctuation that ends a sentence, not an address. */
const TRAILING = /[.,;:!?)\]}»”’]+$/;

/** A message’s text: line breaks kept, addresses as links, `code` and ```blocks``` in their font. */
export function Markup({ text }: { text: string }) {
  const parts: ReactNode[] = [];
  let at = 0;
  for (const match of text.matchAll(FENCE)) {
    parts.push(<Inline key={`t${at}`} text={text.slice(at, match.index)} />);
    parts.push(
      <pre
        key={`c${match.index}`}
        className="my-1.5 overflow-x-auto rounded-lg border border-line bg-sunken px-3 py-2 font-mono text-[13px] leading-relaxed"
      >
        <code>{match[1]?.replace(/\n$/, '')}</code>
      </pre>,
    );
    at = match.index + match[0].length;
  }
  parts.push(<Inline key={`t${at}`} text={text.slice(at)} />);
  return <div className="whitespace-pre-wrap break-words [overflow-wrap:anywhere]">{parts}</div>;
}

function Inline({ text }: { text: string }) {
  const parts: ReactNode[] = [];
  let at = 0;
  for (const match of text.matchAll(INLINE)) {
    parts.push(text.slice(at, match.index));
    const [whole, code, address] = match;
    if (code !== undefined) {
      parts.push(
        <code
          key={match.index}
          className="rounded-md bg-sunken px-1.5 py-0.5 font-mono text-[13px]"
        >
          {code}
        </code>,
      );
    } else if (address !== undefined) {
      const rest = TRAILING.exec(address)?.[0] ?? '';
      const href = address.slice(0, address.length - rest.length);
      parts.push(
        <Fragment key={match.index}>
          <a
            href={href}
            target="_blank"
            rel="noopener noreferrer nofollow"
            className="text-accent underline decoration-accent/40 underline-offset-3 hover:decoration-accent"
          >
            {href}
          </a>
          {rest}
        </Fragment>,
      );
    }
    at = match.index + whole.length;
  }
  parts.push(text.slice(at));
  return <>{parts}</>;
}
