import { threadKey } from '@parley/client';
import type { FollowedThread } from '@parley/protocol';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { MessagesSquare } from 'lucide-react';
import { useMemo } from 'react';
import { Excerpt } from '../emoji/excerpt.tsx';
import { dateOf, fullTime, timeOfDay } from '../lib/time.ts';
import { unavailableText } from '../messages/unavailable-text.ts';
import { keys } from '../queries/keys.ts';
import { pagesQuery } from '../queries/pages-query.ts';
import { useConversation } from '../session/entries.ts';
import { useClient, useParley } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { Avatar } from '../ui/avatar.tsx';
import { Empty } from '../ui/empty.tsx';
import { ListPage } from '../ui/list-page.tsx';
import { Loading } from '../ui/loading.tsx';
import { ShowMore } from '../ui/show-more.tsx';
import { UnreadBadge } from '../ui/unread-badge.tsx';
import { ConversationTitle } from '../users/conversation-title.tsx';
import { useNames } from '../users/use-names.ts';

const EXCERPT = 200;

/** Lists the threads that the user follows, those with unread replies first. */
export function ThreadsPage() {
  const client = useClient();
  const threads = useInfiniteQuery(
    pagesQuery(
      keys.threads(),
      (after: string | undefined, options) =>
        client.api.threads(after === undefined ? {} : { after }, options),
      ({ root }) => threadKey(root.conversation, root.seq),
    ),
  );
  const { data } = threads;
  return (
    <ListPage title={t('threads.title')}>
      {data === undefined ? (
        <Loading of={threads} />
      ) : data.items.length === 0 ? (
        <Empty icon={<MessagesSquare size={22} />} title={t('threads.none')}>
          {t('threads.noneHint')}
        </Empty>
      ) : (
        <ul className="divide-y divide-line">
          {data.items.map((item) => (
            <Entry key={threadKey(item.root.conversation, item.root.seq)} item={item} />
          ))}
        </ul>
      )}
      <ShowMore of={threads} className="mt-2">
        {t('threads.more')}
      </ShowMore>
    </ListPage>
  );
}

function Entry({ item: { root, cursor } }: { item: FollowedThread }) {
  const view = useConversation(root.conversation);
  const current = useParley((s) => s.threads).cursors.get(threadKey(root.conversation, root.seq));
  const nameOf = useNames(useMemo(() => [root.author], [root.author]));
  const { unread, unreadMentions } = current ?? cursor;
  const { threadSummary: summary } = root;
  return (
    <li>
      <Link
        to="/c/$id"
        params={{ id: root.conversation }}
        search={{ thread: root.seq }}
        className="flex gap-3 rounded-lg px-2 py-3 hover:bg-hover"
      >
        <Avatar id={root.author} name={nameOf(root.author)} />
        <span className="min-w-0 flex-1">
          <span className="flex flex-wrap items-baseline gap-x-2 text-sm">
            <span className={unread > 0 ? 'font-semibold' : 'text-soft'}>
              <bdi>{nameOf(root.author)}</bdi>
            </span>
            {view && (
              <span className="min-w-0 truncate text-muted">
                <ConversationTitle view={view} />
              </span>
            )}
          </span>
          <span dir="auto" className="wrap-anywhere line-clamp-2">
            {unavailableText(root) === null ? (
              <Excerpt text={root.body} mentions={root.mentions} characters={EXCERPT} />
            ) : (
              <span className="text-muted italic">{unavailableText(root)}</span>
            )}
          </span>
          {summary && (
            <span className="block text-note text-muted">
              {t('thread.replies', { count: summary.replies })} ·{' '}
              <time dateTime={summary.lastReplyAt} title={fullTime(summary.lastReplyAt)}>
                {dateOf(summary.lastReplyAt)}, {timeOfDay(summary.lastReplyAt)}
              </time>
            </span>
          )}
        </span>
        {unread > 0 && (
          <UnreadBadge
            count={unread}
            isMention={unreadMentions.length > 0}
            className="h-fit self-center"
          />
        )}
      </Link>
    </li>
  );
}
