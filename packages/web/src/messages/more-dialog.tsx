import type { TimelineMessage } from '@parley/client';
import { lazyPart } from '../queries/lazy-part.tsx';
import { t } from '../texts/index.ts';
import { useSaveMessage } from './use-save-message.ts';

const ForwardDialog = lazyPart(async () => (await import('./forward-dialog.tsx')).ForwardDialog);
const HiddenMessageDialog = lazyPart(
  async () => (await import('./hidden-message.tsx')).HiddenMessageDialog,
);
const ChooseTime = lazyPart(async () => (await import('../ui/send-later.tsx')).SendLater);
const SeenBy = lazyPart(async () => (await import('./seen-by.tsx')).SeenBy);
const ReportMessage = lazyPart(async () => (await import('./report-message.tsx')).ReportMessage);

const WhyNotifiedDialog = lazyPart(
  async () => (await import('../notifications/why-notified.tsx')).WhyNotifiedDialog,
);

/** A dialog that an action on a message opens. */
export type MoreDialogName = 'forward' | 'seenBy' | 'remindAt' | 'hidden' | 'why' | 'report';

/** Shows the dialog that an action on a message has opened. */
export function MoreDialog({
  name,
  message,
  onClose,
}: {
  name: MoreDialogName;
  message: TimelineMessage;
  onClose: () => void;
}) {
  const save = useSaveMessage(message);
  switch (name) {
    case 'forward':
      return <ForwardDialog message={message} onClose={onClose} />;
    case 'seenBy':
      return <SeenBy message={message} onClose={onClose} />;
    case 'hidden':
      return <HiddenMessageDialog message={message} onClose={onClose} />;
    case 'why':
      return <WhyNotifiedDialog message={message} onClose={onClose} />;
    case 'report':
      return <ReportMessage message={message} onClose={onClose} />;
    case 'remindAt':
      return (
        <ChooseTime
          title={t('message.remindTitle')}
          action={t('message.setReminder')}
          onChoose={save}
          onClose={onClose}
        />
      );
  }
}
