import type { SavedMessage } from '@parley/protocol';
import { Link } from '@tanstack/react-router';
import { X } from 'lucide-react';
import { useEffect, useState } from 'react';
import { toast } from 'sonner';
import { excerpt } from '../lib/display-text.ts';
import { placeOf } from '../lib/message-hash.ts';
import { errorMessage } from '../lib/text.ts';
import { fullTime } from '../lib/time.ts';
import { useClient } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { Button, IconButton } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Loading } from '../ui/loading.tsx';
import { useLoad } from '../ui/use-load.ts';
import { useNames } from '../users/use-names.ts';

/** Maximum length of a text in the list, in characters. */
const EXCERPT = 200;

/** Lists the saved messages, the last saved first. */
export function SavedMessages({ onClose }: { onClose: () => void }) {
  const client = useClient();
  const loaded = useLoad(() => client.api.personal.savedMessages());
  const [busy, setBusy] = useState(false);
  const { data, set, reload } = loaded;
  useEffect(
    () =>
      client.onEvent(({ type }) => {
        if (type === 'message.saved' || type === 'message.unsaved' || type === 'reminder.due') {
          void reload();
        }
      }),
    [client, reload],
  );
  const loadOlder = async () => {
    const before = data?.items.at(-1)?.savedSeq;
    if (before === undefined) return;
    setBusy(true);
    try {
      const older = await client.api.personal.savedMessages({ before });
      set((shown) => ({ items: [...shown.items, ...older.items], hasOlder: older.hasOlder }));
    } catch (error) {
      toast.error(errorMessage(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog open onClose={onClose} title={t('saved.title')}>
      {data === null ? (
        <Loading of={loaded} />
      ) : data.items.length === 0 ? (
        <p className="text-muted">{t('saved.none')}</p>
      ) : (
        <ul className="divide-y divide-line">
          {data.items.map((item) => (
            <Entry key={item.savedSeq} item={item} onOpen={onClose} />
          ))}
        </ul>
      )}
      {data?.hasOlder && (
        <Button className="mt-2" busy={busy} onClick={() => void loadOlder()}>
          {t('saved.older')}
        </Button>
      )}
    </Dialog>
  );
}

function Entry({ item, onOpen }: { item: SavedMessage; onOpen: () => void }) {
  const client = useClient();
  const { conversation, seq, message, remindAt, remindedAt } = item;
  const nameOf = useNames(message ? [message.author] : []);
  const remove = async () => {
    try {
      await client.api.personal.unsave(conversation, seq);
    } catch (error) {
      toast.error(t('saved.removeFailed'), { description: errorMessage(error) });
    }
  };
  return (
    <li className="flex items-start gap-2 py-2">
      <div className="min-w-0 flex-1">
        {message === null ? (
          <p className="text-muted italic">{t('saved.gone')}</p>
        ) : (
          <Link
            to="/c/$id"
            params={{ id: conversation }}
            {...placeOf(message)}
            onClick={onOpen}
            className="block"
          >
            <span className="block font-semibold text-sm">
              <bdi>{nameOf(message.author)}</bdi>
            </span>
            {message.deletedAt !== null ? (
              <span className="text-muted italic">{t('message.deleted')}</span>
            ) : (
              <bdi className="wrap-anywhere">{excerpt(message.body, EXCERPT)}</bdi>
            )}
          </Link>
        )}
        {remindAt !== null && (
          <p className="text-[12px] text-muted">
            {t('saved.remindAt', { time: fullTime(remindAt) })}
          </p>
        )}
        {remindedAt !== null && (
          <p className="text-[12px] text-muted">
            {t('saved.remindedAt', { time: fullTime(remindedAt) })}
          </p>
        )}
      </div>
      <IconButton label={t('saved.remove')} className="size-9" onClick={() => void remove()}>
        <X size={16} />
      </IconButton>
    </li>
  );
}
