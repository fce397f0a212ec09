import type { ConversationId, Seq } from '@parley/protocol';
import { type FormEvent, useState } from 'react';
import { dayOf, startOfDay } from '../lib/date-field.ts';
import { errorMessage } from '../lib/text.ts';
import { useClient } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Field } from '../ui/field.tsx';
import { toast } from '../ui/toast.ts';

/** Asks for a day, and shows the messages of a conversation from that day on. */
export function JumpToDate({
  conversation,
  day,
  onClose,
  onFound,
}: {
  conversation: ConversationId;
  /** A time on the day that is preselected. */
  day: string;
  onClose: () => void;
  /** Called with the message to show once the dialog, which keeps the focus while it is open, has closed. */
  onFound: (seq: Seq) => void;
}) {
  const client = useClient();
  const [isOpen, setOpen] = useState(true);
  const [isBusy, setBusy] = useState(false);
  const [found, setFound] = useState<Seq | null>(null);
  const jump = async (time: string) => {
    setBusy(true);
    try {
      const { items } = await client.api.history(conversation, { aroundTime: time, limit: 1 });
      setFound(items[0]?.seq ?? null);
      setOpen(false);
    } catch (error) {
      toast.error(errorMessage(error));
      setBusy(false);
    }
  };
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const value = new FormData(event.currentTarget).get('day');
    if (typeof value === 'string' && value !== '') void jump(startOfDay(value));
  };
  return (
    <Dialog
      open={isOpen}
      onClose={() => setOpen(false)}
      onClosed={() => {
        onClose();
        if (found !== null) onFound(found);
      }}
      title={t('jumpToDate.title')}
    >
      <form onSubmit={submit}>
        <Field
          name="day"
          type="date"
          label={t('jumpToDate.day')}
          defaultValue={dayOf(day)}
          max={dayOf(new Date().toISOString())}
          required
        />
        <div className="mt-4 flex flex-wrap justify-between gap-2">
          <Button look="quiet" disabled={isBusy} onClick={() => void jump(EARLIEST)}>
            {t('jumpToDate.first')}
          </Button>
          <Button type="submit" look="primary" busy={isBusy}>
            {t('jumpToDate.jump')}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

/** A seq before every message. */
const EARLIEST = '2000-01-01T00:00:00Z';
