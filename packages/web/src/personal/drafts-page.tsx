import { draftKey } from '@parley/client';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Pencil, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { deviceDrafts } from '../composer/drafts/stored-draft.ts';
import { ConversationAvatar } from '../conversations/conversation-avatar.tsx';
import { Excerpt } from '../emoji/excerpt.tsx';
import { dayAndTime, fullTime } from '../lib/time.ts';
import { keys } from '../queries/keys.ts';
import { useConversation } from '../session/entries.ts';
import { useAccountId, useClient } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { attempt } from '../ui/attempt.ts';
import { Banner } from '../ui/banner.tsx';
import { IconButton } from '../ui/button.tsx';
import { Confirm } from '../ui/confirm.tsx';
import { Empty } from '../ui/empty.tsx';
import { ListPage } from '../ui/list-page.tsx';
import { Loading } from '../ui/loading.tsx';
import { ConversationTitle } from '../users/conversation-title.tsx';
import { type ListedDraft, listed } from './listed-drafts.ts';

/** Maximum length of a text in the list, in characters. */
const EXCERPT = 200;

/**
 * Lists the drafts, the last changed first; each links to its conversation or thread. Without a network connection
 * those of this device.
 */
export function DraftsPage() {
  const client = useClient();
  const loaded = useQuery({
    queryKey: keys.drafts(),
    queryFn: ({ signal }) => client.api.drafts({ signal }),
  });
  const { data } = loaded;
  const account = useAccountId();
  const isOffline = loaded.fetchStatus === 'paused';
  const drafts = data || isOffline ? listed(data?.items, deviceDrafts(account)) : undefined;
  return (
    <ListPage title={t('drafts.title')}>
      {isOffline && <Banner>{t('drafts.offline')}</Banner>}
      {drafts === undefined ? (
        <Loading of={loaded} />
      ) : drafts.length === 0 ? (
        <Empty icon={<Pencil size={22} />} title={t('drafts.none')}>
          {t('drafts.noneHint')}
        </Empty>
      ) : (
        <ul>
          {drafts.map((draft) => (
            <Entry key={draftKey(draft)} draft={draft} />
          ))}
        </ul>
      )}
    </ListPage>
  );
}

function Entry({ draft: { conversation, thread, body, saved } }: { draft: ListedDraft }) {
  const client = useClient();
  const view = useConversation(conversation);
  const [isAsked, setAsked] = useState(false);
  if (!view) return null;
  return (
    <li className="flex items-center rounded-xl hover:bg-hover/60">
      <Link
        to="/c/$id"
        params={{ id: conversation }}
        search={thread === null ? {} : { thread }}
        className="-outline-offset-2 flex min-w-0 flex-1 gap-3 rounded-xl px-2 py-3"
      >
        <ConversationAvatar view={view} />
        <span className="min-w-0 flex-1">
          <span className="flex flex-wrap items-baseline justify-between gap-x-3">
            <span className="max-w-full truncate font-semibold">
              <ConversationTitle view={view} />
              {thread !== null && (
                <span className="font-normal text-muted"> · {t('thread.title')}</span>
              )}
            </span>
            {saved && (
              <time
                dateTime={saved.updatedAt}
                title={fullTime(saved.updatedAt)}
                className="shrink-0 text-caption text-muted"
              >
                {dayAndTime(saved.updatedAt)}
              </time>
            )}
          </span>
          <bdi className="wrap-anywhere line-clamp-2 text-soft">
            <Excerpt text={body} characters={EXCERPT} />
          </bdi>
        </span>
      </Link>
      {saved && (
        <IconButton
          label={t('drafts.delete')}
          className="text-muted"
          onClick={() => setAsked(true)}
        >
          <Trash2 size={16} />
        </IconButton>
      )}
      <Confirm
        open={isAsked}
        title={t('drafts.deleteQuestion')}
        description={t('drafts.deleteIntro')}
        action={t('drafts.delete')}
        onCancel={() => setAsked(false)}
        onConfirm={() => {
          setAsked(false);
          if (saved) {
            void attempt(() => client.api.deleteDraft(saved, saved.version), t('drafts.deleted'));
          }
        }}
      />
    </li>
  );
}
