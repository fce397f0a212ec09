import type { ConversationId, Seq } from '@parley/protocol';
import { useClient } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { Dialog } from '../ui/dialog.tsx';
import { Loading } from '../ui/loading.tsx';
import { ShowMore } from '../ui/show-more.tsx';
import { usePages } from '../ui/use-pages.ts';
import { UserName } from '../users/user-name.tsx';

/** Lists who has voted for a choice of a poll, page by page. */
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
  const voters = usePages(
    (after?: string) =>
      client.api.polls.voters(conversation, message, choice, {
        ...(after !== undefined && { after }),
      }),
    ({ account }) => account,
  );
  return (
    <Dialog open onClose={onClose} title={t('poll.votersOf', { choice: text })}>
      <Loading of={voters} />
      {voters.data?.items.length === 0 && <p className="text-muted">{t('poll.noVoters')}</p>}
      <ul>
        {voters.items.map(({ account, displayName }) => (
          <li key={account} className="py-1.5">
            <UserName id={account} name={displayName} />
          </li>
        ))}
      </ul>
      <ShowMore of={voters}>{t('common.showMore')}</ShowMore>
    </Dialog>
  );
}
