import type { Message } from '@parley/protocol';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { type ReactNode, useMemo } from 'react';
import { Excerpt } from '../emoji/excerpt.tsx';
import { messageHash, placeOf } from '../lib/message-hash.ts';
import { type LinkedMessage, linkedMessagesIn } from '../lib/own-link.ts';
import { dayAndTime, fullTime } from '../lib/time.ts';
import { keys } from '../queries/keys.ts';
import { useConversation } from '../session/entries.ts';
import { useClient } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { Avatar } from '../ui/avatar.tsx';
import { ConversationTitle } from '../users/conversation-title.tsx';
import { useNames } from '../users/use-names.ts';
import { UserName } from '../users/user-name.tsx';
import { unavailableText } from './unavailable-text.ts';

/** The length of the shown part of a text, in characters. */
const EXCERPT = 300;
/** The age from which a message is loaded again when its link is shown, ms. */
const STALE_MS = 60_000;

/** Shows the messages that a text links to, those that the user may read. */
export function LinkedMessages({ text }: { text: string }) {
  const linked = useMemo(() => linkedMessagesIn(text), [text]);
  if (linked.length === 0) return null;
  return (
    <ul aria-label={t('link.messages')} className="mt-1 flex flex-col gap-1.5 empty:hidden">
      {linked.map((place) => (
        <Card key={`${place.conversation} ${place.seq}`} place={place} />
      ))}
    </ul>
  );
}

/** A card of constant height, so that the messages below do not move when it is loaded. */
function Card({ place: { conversation, seq } }: { place: LinkedMessage }) {
  const client = useClient();
  const view = useConversation(conversation);
  const { data: message, isError } = useQuery({
    queryKey: keys.linkedMessage(conversation, seq),
    queryFn: () => client.api.message(conversation, seq),
    // Only members may read it.
    enabled: view !== undefined,
    // Rows are mounted again while the list is scrolled. Changes have events.
    staleTime: STALE_MS,
  });
  if (!view) return null;
  const target = message ? placeOf(message) : { hash: messageHash(seq), search: {} };
  return (
    <li className="max-w-lg">
      <Link
        to="/c/$id"
        params={{ id: conversation }}
        {...target}
        className="flex h-20 flex-col justify-center gap-0.5 overflow-hidden rounded-lg border border-line border-s-3 border-s-accent bg-raised px-3 hover:bg-hover"
      >
        {message ? (
          <Loaded message={message} title={<ConversationTitle view={view} />} />
        ) : (
          <span className="text-muted italic">
            {isError ? t('link.unavailable') : t('common.loading')}
          </span>
        )}
      </Link>
    </li>
  );
}

function Loaded({ message, title }: { message: Message; title: ReactNode }) {
  const { author, postedAt } = message;
  const nameOf = useNames(useMemo(() => [author], [author]));
  const placeholder = unavailableText(message);
  return (
    <>
      <span className="flex items-center gap-1.5 text-caption text-muted">
        <Avatar id={author} name={nameOf(author)} size={20} />
        <span className="max-w-[45%] truncate font-semibold text-ink text-note">
          <UserName id={author} name={nameOf(author)} />
        </span>
        <span className="min-w-0 truncate">{title}</span>
        <time dateTime={postedAt} title={fullTime(postedAt)} className="shrink-0">
          {dayAndTime(postedAt)}
        </time>
      </span>
      <span className="line-clamp-2 break-words text-soft text-sm">
        {placeholder !== null ? (
          <span className="italic">{placeholder}</span>
        ) : (
          <bdi>
            {message.body === '' ? (
              t('files.file')
            ) : (
              <Excerpt text={message.body} mentions={message.mentions} characters={EXCERPT} />
            )}
          </bdi>
        )}
      </span>
    </>
  );
}
