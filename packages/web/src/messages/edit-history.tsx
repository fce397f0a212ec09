import type { TimelineMessage } from '@parley/client';
import type { MessageVersion, Seq } from '@parley/protocol';
import { useInfiniteQuery } from '@tanstack/react-query';
import { fullTime } from '../lib/time.ts';
import { keys } from '../queries/keys.ts';
import { pagesQuery } from '../queries/pages-query.ts';
import { useClient } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { Dialog } from '../ui/dialog.tsx';
import { Loading } from '../ui/loading.tsx';
import { ShowMore } from '../ui/show-more.tsx';
import { Markup } from './markup.tsx';
import { unavailableText } from './unavailable-text.ts';

/** Shows the versions of the text of a message, the latest first. */
export function EditHistory({
  message,
  onClose,
}: {
  message: TimelineMessage;
  onClose: () => void;
}) {
  const placeholder = unavailableText(message);
  return (
    <Dialog open onClose={onClose} title={t('editHistory.title')}>
      {placeholder !== null ? (
        <p className="text-muted italic">
          {message.deletedAt !== null ? t('editHistory.deleted') : placeholder}
        </p>
      ) : (
        <Versions message={message} />
      )}
    </Dialog>
  );
}

function Versions({ message: { conversation, seq } }: { message: TimelineMessage }) {
  const client = useClient();
  const versions = useInfiniteQuery(
    pagesQuery(
      keys.editHistory(conversation, seq),
      async (before: Seq | undefined, options) => {
        const request = before ? { before } : {};
        const page = await client.api.editHistory(conversation, seq, request, options);
        const { items, hasOlder } = page;
        return { items, next: hasOlder ? (items.at(-1)?.seq ?? null) : null };
      },
      (version) => version.seq,
    ),
  );
  if (versions.data === undefined) return <Loading of={versions} />;
  return (
    <>
      <ol className="divide-y divide-line">
        {versions.data.items.map((version) => (
          <li key={version.seq} className="py-2.5">
            <VersionTime version={version} isPost={version.seq === seq} />
            <Markup id={`version ${version.seq}`} text={version.body} />
          </li>
        ))}
      </ol>
      <ShowMore of={versions} className="mt-2">
        {t('editHistory.older')}
      </ShowMore>
    </>
  );
}

function VersionTime({ version: { at }, isPost }: { version: MessageVersion; isPost: boolean }) {
  const time = fullTime(at);
  return (
    <time dateTime={at} className="text-caption text-muted">
      {isPost ? t('editHistory.posted', { time }) : t('message.editedAt', { time })}
    </time>
  );
}
