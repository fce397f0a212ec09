import { type AdminAccount, isolate } from '@parley/protocol';
import { toast } from 'sonner';
import { Problem } from '../auth/problem.tsx';
import { useForm } from '../auth/use-form.ts';
import { inUnits } from '../lib/text.ts';
import { t } from '../texts/index.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Field } from '../ui/field.tsx';
import { Select } from '../ui/select.tsx';
import { useAdmin } from './use-admin.ts';

const HOUR_MS = 3_600_000;
/** The choice of a suspension without an end. */
const INDEFINITELY = 'indefinitely';

/** Asks for how long and why an account is suspended. */
export function SuspendAccount({
  account,
  open,
  onClose,
  onSuspended,
}: {
  account: AdminAccount;
  open: boolean;
  onClose: () => void;
  onSuspended: (account: AdminAccount) => void;
}) {
  const admin = useAdmin();
  const form = useForm(['hours', 'reason'], async ({ hours, reason }) => {
    const until =
      hours === INDEFINITELY ? null : new Date(Date.now() + Number(hours) * HOUR_MS).toISOString();
    onSuspended(await admin.suspend(account.id, { until, reason }));
    toast.success(t('adminUsers.accountSuspended'));
    onClose();
  });
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title={t('adminUsers.suspendQuestion', { name: isolate(account.displayName) })}
      description={t('adminUsers.suspendIntro')}
    >
      <form {...form.props} className="flex flex-col gap-4 pt-2">
        <Problem text={form.problem} />
        <Select
          name="hours"
          label={t('adminUsers.suspendFor')}
          defaultValue="24"
          options={[
            ['1', inUnits(1, 'hour')],
            ['24', inUnits(1, 'day')],
            ['168', inUnits(7, 'day')],
            ['720', inUnits(30, 'day')],
            [INDEFINITELY, t('adminUsers.indefinitely')],
          ]}
        />
        <Field
          name="reason"
          label={t('adminUsers.suspendReason')}
          hint={t('adminUsers.suspendReasonHint')}
          error={form.errors.reason}
        />
        <Button type="submit" look="danger" busy={form.busy} className="min-h-11">
          {t('adminUsers.suspend')}
        </Button>
      </form>
    </Dialog>
  );
}
