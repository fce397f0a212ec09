import type { TimelineMessage } from '@parley/client';
import { useClient } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { Dialog } from '../ui/dialog.tsx';
import { Loading } from '../ui/loading.tsx';
import { useLoad } from '../ui/use-load.ts';

/** Shows a moderator what a hidden message says. */
export function HiddenMessageDialog({
  message,
  onClose,
}: {
  message: TimelineMessage;
  onClose: () => void;
}) {
  const client = useClient();
  const loaded = useLoad(() =>
    client.api.moderation.hiddenMessage(message.conversation, message.seq),
  );
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
