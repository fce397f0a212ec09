import type { TimelineMessage } from '@parley/client';
import { ReportReason } from '@parley/protocol';
import { Problem } from '../auth/problem.tsx';
import { useForm } from '../auth/use-form.ts';
import { useClient } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Field } from '../ui/field.tsx';
import { Select } from '../ui/select.tsx';
import { toast } from '../ui/toast.ts';

/** Reports a message to the admins. */
export function ReportMessage({
  message,
  onClose,
}: {
  message: TimelineMessage;
  onClose: () => void;
}) {
  const client = useClient();
  const form = useForm(['reason', 'comment'], async ({ reason, comment }) => {
    await client.api.reports.reportMessage(message.conversation, message.seq, {
      reason: ReportReason.parse(reason),
      comment,
    });
    toast.success(t('report.sent'));
    onClose();
  });
  return (
    <Dialog open onClose={onClose} title={t('report.title')} description={t('report.intro')}>
      <form {...form.props} className="flex flex-col gap-4 pt-2">
        <Problem text={form.problem} />
        <Select
          name="reason"
          label={t('report.reason')}
          options={ReportReason.options.map((reason) => [reason, t(`reportReason.${reason}`)])}
        />
        <Field name="comment" label={t('report.comment')} error={form.errors.comment} />
        <Button type="submit" look="primary" busy={form.busy} className="min-h-11">
          {t('report.submit')}
        </Button>
      </form>
    </Dialog>
  );
}
