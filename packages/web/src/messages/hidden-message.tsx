import type { TimelineMessage } from '@parley/client';
import { useQuery } from '@tanstack/react-query';
import { keys } from '../queries/keys.ts';
import { useClient } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { Dialog } from '../ui/dialog.tsx';
import { Loading } from '../ui/loading.tsx';

/** Shows the text of a hidden message to a moderator. */
export function HiddenMessageDialog({
  message,
  onClose,
}: {
  message: TimelineMessage;
  onClose: () => void;
}) {
  const client = useClient();
  const { conversation, seq } = message;
  const loaded = useQuery({
    queryKey: keys.hiddenMessage(conversation, seq),
    queryFn: ({ signal }) => client.api.moderation.hiddenMessage(conversation, seq, { signal }),
    // The server audits each read: request it once per opening of the dialog.
    staleTime: 'static',
    gcTime: 0,
  });
  return (
    <Dialog open onClose={onClose} title={t('message.hiddenTitle')}>
      <Loading of={loaded} />
      {loaded.data && (
        <p dir="auto" className="wrap-anywhere whitespace-pre-wrap">
          {[loaded.data.body, ...loaded.data.fileNames].filter((text) => text !== '').join('\n')}
        </p>
      )}
    </Dialog>
  );
}
