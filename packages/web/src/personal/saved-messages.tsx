import type { SavedMessage, Seq } from '@parley/protocol';
import { useInfiniteQuery, useMutation } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Bell, Bookmark, BookmarkX } from 'lucide-react';
import { Excerpt } from '../emoji/excerpt.tsx';
import { titleOf } from '../lib/conversation-views.ts';
import { placeOf } from '../lib/message-hash.ts';
import { errorMessage } from '../lib/text.ts';
import { dayAndTime, fullTime } from '../lib/time.ts';
import { unavailableText } from '../messages/unavailable-text.ts';
import { keys } from '../queries/keys.ts';
import { pagesQuery } from '../queries/pages-query.ts';
import { useRefresh } from '../queries/use-refresh.ts';
import { useConversation } from '../session/entries.ts';
import { useClient, useParley } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { Avatar } from '../ui/avatar.tsx';
import { Badge } from '../ui/badge.tsx';
import { IconButton } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Empty } from '../ui/empty.tsx';
import { Loading } from '../ui/loading.tsx';
import { ShowMore } from '../ui/show-more.tsx';
import { toast } from '../ui/toast.ts';
import { useNames } from '../users/use-names.ts';

/** Maximum length of a text in the list, in characters. */
const EXCERPT = 200;

/** The saved messages in a dialog. */
export function SavedMessages({ onClose }: { onClose: () => void }) {
  return (
    <Dialog open onClose={onClose} title={t('saved.title')}>
      <SavedList onOpen={onClose} />
    </Dialog>
  );
}

/** Lists the saved messages, the last saved first. `onOpen` is called when one is opened. */
export function SavedList({ onOpen }: { onOpen: () => void }) {
  const client = useClient();
  const saved = useInfiniteQuery(
    pagesQuery(
      keys.saved(),
      async (before: Seq | undefined, options) => {
        const request = before ? { before } : {};
        const { items, hasOlder } = await client.api.personal.savedMessages(request, options);
        return { items, next: hasOlder ? (items.at(-1)?.savedSeq ?? null) : null };
      },
      ({ savedSeq }) => savedSeq,
    ),
  );
  const { data } = saved;
  return (
    <>
      {data === undefined ? (
        <Loading of={saved} />
      ) : data.items.length === 0 ? (
        <Empty icon={<Bookmark size={22} />} title={t('saved.none')}>
          {t('saved.noneHint')}
        </Empty>
      ) : (
        <ul>
          {data.items.map((item) => (
            <Entry key={item.savedSeq} item={item} onOpen={onOpen} />
          ))}
        </ul>
      )}
      <ShowMore of={saved} className="mt-2">
        {t('saved.older')}
      </ShowMore>
    </>
  );
}

function Entry({ item, onOpen }: { item: SavedMessage; onOpen: () => void }) {
  const client = useClient();
  const { conversation, seq, message, remindAt, remindedAt } = item;
  const nameOf = useNames(message ? [message.author] : []);
  const view = useConversation(conversation);
  const users = useParley((s) => s.users);
  const refresh = useRefresh();
  const remove = useMutation({
    mutationFn: () => client.api.personal.unsave(conversation, seq),
    onSuccess: () => refresh(keys.saved()),
    onError: (error) => toast.error(t('saved.removeFailed'), { description: errorMessage(error) }),
    meta: { showsError: true },
  });
  return (
    <li className="group relative flex items-start gap-1 rounded-xl hover:bg-hover/60">
      <div className="min-w-0 flex-1">
        {message === null ? (
          <p className="px-2 py-3 text-muted italic">{t('saved.gone')}</p>
        ) : (
          <Link
            to="/c/$id"
            params={{ id: conversation }}
            {...placeOf(message)}
            onClick={onOpen}
            className="-outline-offset-2 flex gap-3 rounded-xl px-2 py-3"
          >
            <Avatar id={message.author} name={nameOf(message.author)} />
            <span className="min-w-0 flex-1">
              <span className="flex flex-wrap items-baseline gap-x-2 text-caption text-muted">
                <bdi className="truncate font-semibold text-body text-ink">
                  {nameOf(message.author)}
                </bdi>
                {view && <bdi className="truncate">{titleOf(view, users)}</bdi>}
                <time dateTime={message.postedAt} title={fullTime(message.postedAt)}>
                  {dayAndTime(message.postedAt)}
                </time>
              </span>
              {unavailableText(message) !== null ? (
                <span className="block text-muted italic">{unavailableText(message)}</span>
              ) : (
                <bdi className="wrap-anywhere line-clamp-3 block text-soft">
                  <Excerpt text={message.body} mentions={message.mentions} characters={EXCERPT} />
                </bdi>
              )}
              {remindAt !== null && (
                <span className="mt-1.5 flex">
                  <Badge tone="accent">
                    <Bell size={12} aria-hidden="true" />
                    {t('saved.remindAt', { time: dayAndTime(remindAt) })}
                  </Badge>
                </span>
              )}
              {remindedAt !== null && (
                <span className="mt-1 block text-caption text-muted">
                  {t('saved.remindedAt', { time: dayAndTime(remindedAt) })}
                </span>
              )}
            </span>
          </Link>
        )}
      </div>
      <IconButton
        label={t('saved.remove')}
        className="mt-1.5 me-1 size-9"
        onClick={() => remove.mutate()}
      >
        <BookmarkX size={17} />
      </IconButton>
    </li>
  );
}
