import type { TimelineMessage } from '@parley/client';
import type { MessageVersion } from '@parley/protocol';
import { useState } from 'react';
import { errorMessage } from '../lib/text.ts';
import { fullTime } from '../lib/time.ts';
import { useClient } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Loading } from '../ui/loading.tsx';
import { useLoad } from '../ui/use-load.ts';
import { Markup } from './markup.tsx';

/** Marks an edited message; a button that opens the edit history once the message is stored. */
export function EditedMark({ time, onOpen }: { time: string; onOpen: (() => void) | undefined }) {
  const title = t('message.editedAt', { time: fullTime(time) });
  const look = 'text-[12px] text-muted';
  if (!onOpen) {
    return (
      <span title={title} className={look}>
        {t('message.edited')}
      </span>
    );
  }
  return (
    <button
      type="button"
      title={`${title}. ${t('message.showHistory')}`}
      onClick={onOpen}
      className={`${look} underline-offset-3 hover:underline`}
    >
      {t('message.edited')}
    </button>
  );
}

/** Shows the texts that a message has had, the latest first. */
export function EditHistory({
  message,
  onClose,
}: {
  message: TimelineMessage;
  onClose: () => void;
}) {
  const { conversation, seq, editedAt, deletedAt } = message;
  return (
    <Dialog open onClose={onClose} title={t('editHistory.title')}>
      {deletedAt !== null ? (
        <p className="text-muted italic">{t('editHistory.deleted')}</p>
      ) : (
        // An edit shows the history again from its start.
        <Versions key={`${conversation} ${seq} ${editedAt}`} message={message} />
      )}
    </Dialog>
  );
}

function Versions({ message: { conversation, seq } }: { message: TimelineMessage }) {
  const client = useClient();
  const loaded = useLoad(() => client.api.editHistory(conversation, seq));
  const [failure, setFailure] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const { data, set } = loaded;
  if (data === null) return <Loading of={loaded} />;
  const loadOlder = async () => {
    const before = data.items.at(-1)?.seq;
    if (before === undefined) return;
    setBusy(true);
    try {
      const older = await client.api.editHistory(conversation, seq, { before });
      set((shown) => ({ items: [...shown.items, ...older.items], hasOlder: older.hasOlder }));
      setFailure(null);
    } catch (error) {
      setFailure(errorMessage(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      <ol className="divide-y divide-line">
        {data.items.map((version) => (
          <li key={version.seq} className="py-2.5">
            <VersionTime version={version} isPost={version.seq === seq} />
            <Markup id={`version ${version.seq}`} text={version.body} />
          </li>
        ))}
      </ol>
      {failure !== null && (
        <p role="alert" className="mt-2 text-danger text-sm">
          {failure}
        </p>
      )}
      {data.hasOlder && (
        <Button className="mt-2" busy={busy} onClick={() => void loadOlder()}>
          {t('editHistory.older')}
        </Button>
      )}
    </>
  );
}

function VersionTime({ version: { at }, isPost }: { version: MessageVersion; isPost: boolean }) {
  const time = fullTime(at);
  return (
    <time dateTime={at} className="text-[12px] text-muted">
      {isPost ? t('editHistory.posted', { time }) : t('message.editedAt', { time })}
    </time>
  );
}
