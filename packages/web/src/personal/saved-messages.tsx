import type { SavedMessage, Seq } from '@parley/protocol';
import { Link } from '@tanstack/react-router';
import { Bookmark, X } from 'lucide-react';
import { useEffect } from 'react';
import { toast } from 'sonner';
import { excerpt } from '../lib/display-text.ts';
import { placeOf } from '../lib/message-hash.ts';
import { errorMessage } from '../lib/text.ts';
import { fullTime } from '../lib/time.ts';
import { goneText } from '../messages/gone.ts';
import { useClient } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { IconButton } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Empty } from '../ui/empty.tsx';
import { Loading } from '../ui/loading.tsx';
import { ShowMore } from '../ui/show-more.tsx';
import { usePages } from '../ui/use-pages.ts';
import { useNames } from '../users/use-names.ts';

/** Maximum length of a text in the list, in characters. */
const EXCERPT = 200;

/** The saved messages in a dialog. */
export function SavedMessages({ onClose }: { onClose: () => void }) {
  return (
    <Dialog open onClose={onClose} title={t('saved.title')}>
      <SavedList onOpen={onClose} />
    </Dialog>
  );
}

/** Lists the saved messages, the last saved first. `onOpen` is called when one is opened. */
export function SavedList({ onOpen }: { onOpen: () => void }) {
  const client = useClient();
  const saved = usePages(
    async (before?: Seq) => {
      const { items, hasOlder } = await client.api.personal.savedMessages(before ? { before } : {});
      return { items, next: hasOlder ? (items.at(-1)?.savedSeq ?? null) : null };
    },
    ({ savedSeq }) => savedSeq,
  );
  const { data, reload } = saved;
  useEffect(
    () =>
      client.onEvent(({ type }) => {
        if (type === 'message.saved' || type === 'message.unsaved' || type === 'reminder.due') {
          void reload();
        }
      }),
    [client, reload],
  );
  return (
    <>
      {data === null ? (
        <Loading of={saved} />
      ) : data.items.length === 0 ? (
        <Empty icon={<Bookmark size={22} />} title={t('saved.none')}>
          {t('saved.noneHint')}
        </Empty>
      ) : (
        <ul className="divide-y divide-line">
          {data.items.map((item) => (
            <Entry key={item.savedSeq} item={item} onOpen={onOpen} />
          ))}
        </ul>
      )}
      <ShowMore of={saved} className="mt-2">
        {t('saved.older')}
      </ShowMore>
    </>
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
            {goneText(message) !== null ? (
              <span className="text-muted italic">{goneText(message)}</span>
            ) : (
              <bdi className="wrap-anywhere">{excerpt(message.body, EXCERPT)}</bdi>
            )}
          </Link>
        )}
        {remindAt !== null && (
          <p className="text-caption text-muted">
            {t('saved.remindAt', { time: fullTime(remindAt) })}
          </p>
        )}
        {remindedAt !== null && (
          <p className="text-caption text-muted">
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
