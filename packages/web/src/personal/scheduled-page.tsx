import type { ConversationView } from '@parley/client';
import { isBlank, LIMITS, type ScheduledMessage } from '@parley/protocol';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { CalendarClock, Pencil, SendHorizontal, Trash2, TriangleAlert } from 'lucide-react';
import { useState } from 'react';
import { ConversationAvatar } from '../conversations/conversation-avatar.tsx';
import { titleOf } from '../lib/conversation-views.ts';
import { errorMessage } from '../lib/text.ts';
import { dayAndTime, fullTime } from '../lib/time.ts';
import { keys } from '../queries/keys.ts';
import { useConversation } from '../session/entries.ts';
import { useClient, useParley } from '../session/use-client.ts';
import { refusalText, t } from '../texts/index.ts';
import { attempt } from '../ui/attempt.ts';
import { Button, IconButton } from '../ui/button.tsx';
import { Confirm } from '../ui/confirm.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Empty } from '../ui/empty.tsx';
import { ListPage } from '../ui/list-page.tsx';
import { Loading } from '../ui/loading.tsx';
import { SendLater } from '../ui/send-later.tsx';
import { TextArea } from '../ui/text-area.tsx';

/** Lists the scheduled messages, the next one first; those that could not be sent are marked. */
export function ScheduledPage() {
  const client = useClient();
  const loaded = useQuery({
    queryKey: keys.scheduled(),
    queryFn: ({ signal }) => client.api.personal.scheduled({ signal }),
  });
  const { data } = loaded;
  return (
    <ListPage title={t('scheduled.title')} className="px-4">
      {data === undefined ? (
        <Loading of={loaded} />
      ) : data.items.length === 0 ? (
        <Empty icon={<CalendarClock size={22} />} title={t('scheduled.none')}>
          {t('scheduled.noneHint')}
        </Empty>
      ) : (
        <ul>
          {data.items.map((item) => (
            <Entry key={item.id} item={item} />
          ))}
        </ul>
      )}
    </ListPage>
  );
}

type OpenDialog = 'edit' | 'time' | 'delete';

function Entry({ item }: { item: ScheduledMessage }) {
  const client = useClient();
  const view = useConversation(item.conversation);
  const [dialog, setDialog] = useState<OpenDialog | null>(null);
  const close = () => setDialog(null);
  return (
    <li className="flex gap-3 rounded-xl px-2 py-3 hover:bg-hover/60">
      {view ? (
        <ConversationAvatar view={view} />
      ) : (
        <span className="size-9 shrink-0 rounded-avatar bg-sunken" />
      )}
      <div className="min-w-0 flex-1">
        <Heading item={item} view={view} />
        <p className="wrap-anywhere mt-0.5 whitespace-pre-wrap text-soft">
          <bdi>{item.body}</bdi>
        </p>
        {item.failure && (
          <p role="alert" className="mt-1 flex items-center gap-1.5 text-note text-danger">
            <TriangleAlert size={14} aria-hidden="true" className="shrink-0" />
            {t('scheduled.notSent', { reason: refusalText(item.failure) })}
          </p>
        )}
        <Actions item={item} onOpen={setDialog} />
      </div>
      {dialog === 'edit' && <EditText item={item} onClose={close} />}
      {dialog === 'time' && (
        <SendLater
          title={t('scheduled.reschedule')}
          {...(item.failure === null && { initial: item.sendAt })}
          onChoose={async (sendAt) => {
            await client.api.personal.changeScheduled(item.id, { sendAt });
          }}
          onClose={close}
        />
      )}
      <Confirm
        open={dialog === 'delete'}
        title={t('scheduled.deleteQuestion')}
        description={t('scheduled.deleteIntro')}
        action={t('scheduled.delete')}
        onCancel={close}
        onConfirm={() => {
          close();
          void attempt(() => client.api.personal.deleteScheduled(item.id), t('scheduled.deleted'));
        }}
      />
    </li>
  );
}

function Heading({
  item,
  view,
}: {
  item: ScheduledMessage;
  /** Undefined if the user has left the conversation. */
  view: ConversationView | undefined;
}) {
  const users = useParley((s) => s.users);
  return (
    <div className="flex flex-wrap items-baseline justify-between gap-x-3">
      {view ? (
        <Link
          to="/c/$id"
          params={{ id: view.id }}
          search={item.thread === null ? {} : { thread: item.thread }}
          className="max-w-full truncate py-0.5 font-semibold hover:underline pointer-coarse:py-2.5"
        >
          <bdi>{titleOf(view, users)}</bdi>
          {item.thread !== null && (
            <span className="font-normal text-muted"> · {t('thread.title')}</span>
          )}
        </Link>
      ) : (
        <span className="text-muted italic">{t('scheduled.leftConversation')}</span>
      )}
      <time
        dateTime={item.sendAt}
        title={fullTime(item.sendAt)}
        className="shrink-0 text-caption text-muted"
      >
        {dayAndTime(item.sendAt)}
      </time>
    </div>
  );
}

function Actions({
  item,
  onOpen,
}: {
  item: ScheduledMessage;
  onOpen: (dialog: OpenDialog) => void;
}) {
  const client = useClient();
  return (
    <div className="-ms-2.5 mt-0.5 flex text-muted">
      <IconButton label={t('scheduled.edit')} onClick={() => onOpen('edit')}>
        <Pencil size={16} />
      </IconButton>
      <IconButton label={t('scheduled.reschedule')} onClick={() => onOpen('time')}>
        <CalendarClock size={16} />
      </IconButton>
      <IconButton
        label={t('scheduled.sendNow')}
        onClick={() =>
          void attempt(() => client.api.personal.sendScheduled(item.id), t('scheduled.sent'))
        }
      >
        <SendHorizontal size={16} />
      </IconButton>
      <IconButton label={t('scheduled.delete')} onClick={() => onOpen('delete')}>
        <Trash2 size={16} />
      </IconButton>
    </div>
  );
}

function EditText({ item, onClose }: { item: ScheduledMessage; onClose: () => void }) {
  const client = useClient();
  const [body, setBody] = useState(item.body);
  const [problem, setProblem] = useState<string>();
  const [busy, setBusy] = useState(false);
  const save = async () => {
    setBusy(true);
    try {
      await client.api.personal.changeScheduled(item.id, { body: body.trim() });
      onClose();
    } catch (error) {
      setProblem(errorMessage(error));
      setBusy(false);
    }
  };
  return (
    <Dialog open onClose={onClose} title={t('scheduled.edit')}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <TextArea
          label={t('scheduled.text')}
          value={body}
          rows={5}
          maxLength={LIMITS.bodyCharacters}
          error={problem}
          onChange={(event) => setBody(event.target.value)}
        />
        <Button
          type="submit"
          look="primary"
          busy={busy}
          disabled={isBlank(body)}
          className="mt-4 w-full"
        >
          {t('common.saveChanges')}
        </Button>
      </form>
    </Dialog>
  );
}
