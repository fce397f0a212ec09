import type { ConversationView } from '@parley/client';
import type { Message } from '@parley/protocol';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { Attachments } from '../files/attachments.tsx';
import { dateOf } from '../lib/time.ts';
import { keys } from '../queries/keys.ts';
import { pagesQuery } from '../queries/pages-query.ts';
import { useClient, useParley } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { Loading } from '../ui/loading.tsx';
import { ShowMore } from '../ui/show-more.tsx';
import { handleOf } from '../users/handle.tsx';
import { useNames } from '../users/use-names.ts';
import { UserName } from '../users/user-name.tsx';

/** Lists the files of a conversation, those of the latest messages first, when it is opened. */
export function ConversationFiles({ view }: { view: ConversationView }) {
  const [isOpen, setOpen] = useState(false);
  const place = useSearchPlace(view);
  if (place === null) return null;
  return (
    <details className="mb-2" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary className="cursor-pointer py-2 font-medium text-sm text-soft pointer-coarse:py-3">
        {t('details.files')}
      </summary>
      {isOpen && <Files view={view} place={place} />}
    </details>
  );
}

/** Returns how a search names the conversation; null if it has no name of its own. */
function useSearchPlace({ kind, name, peer, peers }: ConversationView): string | null {
  const user = useParley((s) => (peer ? s.users.get(peer) : undefined));
  if (kind === 'group') return name;
  return user && (peers?.length ?? 0) <= 1 ? handleOf(user.username) : null;
}

function Files({ view, place }: { view: ConversationView; place: string }) {
  const client = useClient();
  const files = useInfiniteQuery(
    pagesQuery(
      keys.files(view.id),
      async (cursor: string | undefined, options) => {
        const request = { in: place, has: 'file' as const, ...(cursor && { cursor }) };
        const page = await client.api.searchMessages(request, options);
        const items = page.items.map(({ message }) => message);
        // Other groups may have the same name.
        return { items: items.filter((m) => m.conversation === view.id), next: page.next };
      },
      (message) => message.seq,
    ),
  );
  if (files.data === undefined) return <Loading of={files} />;
  const { items } = files.data;
  return (
    <>
      {items.length === 0 ? (
        <p className="text-muted text-sm">{t('details.noFiles')}</p>
      ) : (
        <ul className="space-y-3">
          {items.map((message) => (
            <FilesOfMessage key={message.seq} message={message} />
          ))}
        </ul>
      )}
      <ShowMore of={files} className="mt-2">
        {t('common.showMore')}
      </ShowMore>
    </>
  );
}

function FilesOfMessage({ message: { author, postedAt, attachments } }: { message: Message }) {
  const nameOf = useNames(useMemo(() => [author], [author]));
  return (
    <li>
      <p className="flex items-baseline gap-2 text-caption text-muted">
        <span className="truncate">
          <UserName id={author} name={nameOf(author)} />
        </span>
        <time dateTime={postedAt} className="shrink-0">
          {dateOf(postedAt)}
        </time>
      </p>
      <Attachments files={attachments} />
    </li>
  );
}
