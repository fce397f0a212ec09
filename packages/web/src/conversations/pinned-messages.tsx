import type { ConversationView } from '@parley/client';
import type { Message, Seq } from '@parley/protocol';
import { useQuery } from '@tanstack/react-query';
import { PinOff } from 'lucide-react';
import { useMemo } from 'react';
import { Excerpt } from '../emoji/excerpt.tsx';
import { errorMessage } from '../lib/text.ts';
import { dateOf, fullTime } from '../lib/time.ts';
import { keys } from '../queries/keys.ts';
import { useClient } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { IconButton } from '../ui/button.tsx';
import { useNames } from '../users/use-names.ts';
import { UserName } from '../users/user-name.tsx';

/** Maximum length of the excerpt of a message, in characters. */
const EXCERPT = 160;
const NONE: readonly Message[] = [];

/** Lists the pinned messages of a conversation; nothing if there are none. */
export function PinnedMessages({
  view,
  onJump,
}: {
  view: ConversationView;
  /** Shows a message: in the conversation, or in this thread. */
  onJump: (seq: Seq, thread: Seq | null) => void;
}) {
  const client = useClient();
  const { data: items = NONE, error } = useQuery({
    queryKey: keys.pins(view.id),
    queryFn: async ({ signal }) => (await client.api.pinnedMessages(view.id, { signal })).items,
  });
  const nameOf = useNames(useMemo(() => items.map((m) => m.author), [items]));
  if (error !== null) return <p className="mb-5 text-danger text-sm">{errorMessage(error)}</p>;
  if (items.length === 0) return null;
  const mayUnpin = view.messagePermissions.others.includes('pin');
  return (
    <section aria-labelledby="pinned-messages" className="mb-5">
      <h3 id="pinned-messages" className="font-medium text-sm text-soft">
        {t('pinned.title')}
      </h3>
      <ul className="-mx-2 mt-1 max-h-72 overflow-y-auto">
        {items.map(({ seq, author, body, mentions, postedAt, thread, alsoInConversation }) => (
          <li key={seq} className="flex items-center gap-1">
            <button
              type="button"
              title={t('pinned.jumpTo')}
              onClick={() => onJump(seq, alsoInConversation ? null : thread)}
              className="-outline-offset-2 min-w-0 flex-1 rounded-lg px-2 py-1.5 text-start hover:bg-hover"
            >
              <span className="flex items-baseline gap-2">
                <span className="truncate font-semibold text-sm">
                  <UserName id={author} name={nameOf(author)} />
                </span>
                <time
                  dateTime={postedAt}
                  title={fullTime(postedAt)}
                  className="shrink-0 text-caption text-muted"
                >
                  {dateOf(postedAt)}
                </time>
              </span>
              <span className="line-clamp-2 break-words text-sm">
                <Excerpt text={body} mentions={mentions} characters={EXCERPT} />
              </span>
            </button>
            {mayUnpin && (
              <IconButton
                label={t('message.unpin')}
                onClick={() => client.unpin(view.id, seq)}
                className="-outline-offset-2"
              >
                <PinOff size={17} />
              </IconButton>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}
