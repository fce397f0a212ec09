import type { FoundMessage } from '@parley/protocol';
import { Link } from '@tanstack/react-router';
import { FileText } from 'lucide-react';
import { type KeyboardEvent, type ReactNode, useMemo } from 'react';
import { displayText } from '../lib/display-text.ts';
import { placeOf } from '../lib/message-hash.ts';
import { dateOf, fullTime, timeOfDay } from '../lib/time.ts';
import { useConversation } from '../session/entries.ts';
import { t } from '../texts/index.ts';
import { Avatar } from '../ui/avatar.tsx';
import { ConversationTitle } from '../users/conversation-title.tsx';
import { useNameOf } from '../users/mention-names.ts';
import { UserName } from '../users/user-name.tsx';
import { plainSnippet } from './plain-snippet.ts';

/** A message that was found: a link to it in its conversation. */
export function FoundMessageLink({
  found: { message, snippet: excerpt, file },
  name,
  onKeyDown,
  onOpen,
}: {
  found: FoundMessage;
  /** The display name of the author. */
  name: string;
  onKeyDown: (event: KeyboardEvent) => void;
  onOpen: () => void;
}) {
  const view = useConversation(message.conversation);
  const { postedAt } = message;
  const nameOf = useNameOf(message.mentions);
  const snippet = useMemo(
    () => plainSnippet(message.body, excerpt, nameOf),
    [message.body, excerpt, nameOf],
  );
  return (
    <Link
      to="/c/$id"
      params={{ id: message.conversation }}
      {...placeOf(message)}
      data-result
      onKeyDown={onKeyDown}
      onClick={onOpen}
      className="flex gap-3 rounded-lg px-3 py-2.5 hover:bg-hover focus-visible:bg-hover"
    >
      <Avatar id={message.author} name={name} size={32} />
      <span className="min-w-0 flex-1">
        <span className="flex flex-wrap items-baseline gap-x-2 text-sm">
          <span className="font-semibold">
            <UserName id={message.author} name={name} />
          </span>
          <span className="min-w-0 truncate text-muted">
            {view ? <ConversationTitle view={view} /> : t('common.someone')}
          </span>
          <time dateTime={postedAt} title={fullTime(postedAt)} className="text-caption text-muted">
            {dateOf(postedAt)}, {timeOfDay(postedAt)}
          </time>
        </span>
        <span dir="auto" className="line-clamp-4 whitespace-pre-wrap break-words text-body">
          {snippet.isCutBefore && '…'}
          {markedText(snippet)}
          {snippet.isCutAfter && '…'}
        </span>
        {file && (
          <span className="mt-1 block border-s-2 border-line ps-2 text-sm">
            <span dir="auto" className="flex items-center gap-1 text-muted">
              <FileText size={14} aria-hidden="true" className="shrink-0" />
              <span className="truncate">{displayText(file.name)}</span>
            </span>
            <span dir="auto" className="line-clamp-3 break-words">
              {file.snippet.isCutBefore && '…'}
              {markedText(file.snippet)}
              {file.snippet.isCutAfter && '…'}
            </span>
          </span>
        )}
      </span>
    </Link>
  );
}

/** Returns the text with its ranges marked. */
function markedText({ text, ranges }: FoundMessage['snippet']): ReactNode[] {
  const parts: ReactNode[] = [];
  let at = 0;
  for (const { start, end } of ranges) {
    parts.push(displayText(text.slice(at, start)));
    parts.push(
      <mark key={start} className="rounded-sm bg-accent-soft font-semibold text-inherit">
        {displayText(text.slice(start, end))}
      </mark>,
    );
    at = end;
  }
  parts.push(displayText(text.slice(at)));
  return parts;
}
