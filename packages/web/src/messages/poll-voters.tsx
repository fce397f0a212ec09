import type { ConversationId, Seq } from '@parley/protocol';
import { useInfiniteQuery } from '@tanstack/react-query';
import { keys } from '../queries/keys.ts';
import { pagesQuery } from '../queries/pages-query.ts';
import { useClient } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { Dialog } from '../ui/dialog.tsx';
import { Loading } from '../ui/loading.tsx';
import { ShowMore } from '../ui/show-more.tsx';
import { UserName } from '../users/user-name.tsx';

/** Lists the voters of a choice of a poll, page by page. */
export function PollVoters({
  conversation,
  message,
  choice,
  text,
  onClose,
}: {
  conversation: ConversationId;
  message: Seq;
  /** The index of the choice. */
  choice: number;
  text: string;
  onClose: () => void;
}) {
  const client = useClient();
  const voters = useInfiniteQuery(
    pagesQuery(
      keys.pollVoters(conversation, message, choice),
      (after: string | undefined, options) => {
        const page = after === undefined ? {} : { after };
        return client.api.polls.voters(conversation, message, choice, page, options);
      },
      ({ account }) => account,
    ),
  );
  return (
    <Dialog open onClose={onClose} title={t('poll.votersOf', { choice: text })}>
      <Loading of={voters} />
      {voters.data?.items.length === 0 && <p className="text-muted">{t('poll.noVoters')}</p>}
      <ul>
        {voters.data?.items.map(({ account, displayName }) => (
          <li key={account} className="py-1.5">
            <UserName id={account} name={displayName} />
          </li>
        ))}
      </ul>
      <ShowMore of={voters}>{t('common.showMore')}</ShowMore>
    </Dialog>
  );
}
