import type { ConversationId } from '@parley/protocol';
import { Link } from '@tanstack/react-router';
import { Pencil } from 'lucide-react';
import { useEffect } from 'react';
import { ConversationAvatar } from '../conversations/conversation-avatar.tsx';
import { ConversationTitle } from '../conversations/conversation-title.tsx';
import { excerpt } from '../lib/display-text.ts';
import { dayAndTime, fullTime } from '../lib/time.ts';
import { useConversation } from '../session/entries.ts';
import { useClient } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { Empty } from '../ui/empty.tsx';
import { ListPage } from '../ui/list-page.tsx';
import { Loading } from '../ui/loading.tsx';
import { useLoad } from '../ui/use-load.ts';

/** Maximum length of a text in the list, in characters. */
const EXCERPT = 200;

/** Lists the drafts, the last changed first; each leads to its conversation. */
export function DraftsPage() {
  const client = useClient();
  const loaded = useLoad(() => client.api.drafts());
  const { data, reload } = loaded;
  useEffect(() => client.on('draft', () => void reload()), [client, reload]);
  const drafts = data && [...data.items].sort((a, b) => (a.updatedAt < b.updatedAt ? 1 : -1));
  return (
    <ListPage title={t('drafts.title')}>
      {drafts === null ? (
        <Loading of={loaded} />
      ) : drafts.length === 0 ? (
        <Empty icon={<Pencil size={22} />} title={t('drafts.none')}>
          {t('drafts.noneHint')}
        </Empty>
      ) : (
        <ul>
          {drafts.map(({ conversation, body, updatedAt }) => (
            <Entry key={conversation} conversation={conversation} body={body} at={updatedAt} />
          ))}
        </ul>
      )}
    </ListPage>
  );
}

function Entry({
  conversation,
  body,
  at,
}: {
  conversation: ConversationId;
  body: string;
  at: string;
}) {
  const view = useConversation(conversation);
  if (!view) return null;
  return (
    <li>
      <Link
        to="/c/$id"
        params={{ id: conversation }}
        className="-outline-offset-2 flex gap-3 rounded-xl px-2 py-3 hover:bg-hover/60"
      >
        <ConversationAvatar view={view} />
        <span className="min-w-0 flex-1">
          <span className="flex items-baseline justify-between gap-3">
            <span className="truncate font-semibold">
              <ConversationTitle view={view} />
            </span>
            <time dateTime={at} title={fullTime(at)} className="shrink-0 text-caption text-muted">
              {dayAndTime(at)}
            </time>
          </span>
          <bdi className="wrap-anywhere line-clamp-2 text-soft">{excerpt(body, EXCERPT)}</bdi>
        </span>
      </Link>
    </li>
  );
}
