import type { ForwardedFrom } from '@parley/protocol';
import { Link } from '@tanstack/react-router';
import { Forward } from 'lucide-react';
import { type ReactNode, useMemo } from 'react';
import { messageHash } from '../lib/message-hash.ts';
import { fullTime } from '../lib/time.ts';
import { useParley } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { useNames } from '../users/use-names.ts';

/** Shows the text of a forwarded message as a quotation, with its author. */
export function ForwardedText({ from, children }: { from: ForwardedFrom; children: ReactNode }) {
  return (
    <figure className="my-0.5 border-line border-s-3 ps-3">
      <figcaption>
        <ForwardedMark from={from} />
      </figcaption>
      <blockquote>{children}</blockquote>
    </figure>
  );
}

/** Shows who wrote a forwarded message and when; a link to it for those who can read it there. */
function ForwardedMark({ from }: { from: ForwardedFrom }) {
  const isMember = useParley((s) => s.conversations.has(from.conversation));
  const nameOf = useNames(useMemo(() => [from.author], [from.author]));
  const text = (
    <>
      <Forward size={13} aria-hidden="true" className="shrink-0" />
      <span className="truncate">
        {t('forward.from', { name: nameOf(from.author), time: fullTime(from.at) })}
      </span>
    </>
  );
  const look = 'flex min-h-6 items-center gap-1.5 text-note text-muted';
  return isMember ? (
    <Link
      to="/c/$id"
      params={{ id: from.conversation }}
      hash={messageHash(from.seq)}
      className={`${look} hover:underline`}
    >
      {text}
    </Link>
  ) : (
    <p className={look}>{text}</p>
  );
}
