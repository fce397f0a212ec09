import type { ClientId } from '@parley/protocol';
import { CalendarClock } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { fullTime } from '../lib/time.ts';
import { lazyPart } from '../queries/lazy-part.tsx';
import { useClient } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { IconButton } from '../ui/button.tsx';
import { toast } from '../ui/toast.ts';

const SendLater = lazyPart(async () => (await import('../ui/send-later.tsx')).SendLater);

/** A message to schedule, without its time. */
type Scheduled = Omit<
  Parameters<ReturnType<typeof useClient>['api']['personal']['schedule']>[0],
  'sendAt'
>;

/** Returns the button that schedules a message, and the dialog that asks for its time. */
export function useSendLater(
  message: Scheduled,
  onScheduled: () => void,
): { readonly button: ReactNode; readonly dialog: ReactNode } {
  const client = useClient();
  const [isOpen, setOpen] = useState(false);
  const schedule = async (sendAt: string, id: ClientId) => {
    await client.api.personal.schedule({ ...message, sendAt }, id);
    onScheduled();
    toast(t('scheduled.scheduledFor', { time: fullTime(sendAt) }));
  };
  return {
    button: (
      <IconButton label={t('scheduled.sendLater')} onClick={() => setOpen(true)}>
        <CalendarClock size={18} />
      </IconButton>
    ),
    dialog: isOpen && (
      <SendLater
        title={t('scheduled.sendLater')}
        onChoose={schedule}
        onClose={() => setOpen(false)}
      />
    ),
  };
}
