import { Problem } from '../auth/problem.tsx';
import { useForm } from '../auth/use-form.ts';
import { inUnits } from '../lib/text.ts';
import { t } from '../texts/index.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Field } from '../ui/field.tsx';
import { Select } from '../ui/select.tsx';

const HOUR_MS = 3_600_000;
/** The choice of a suspension without an end. */
const INDEFINITELY = 'indefinitely';

/** For how long and why an account is suspended. */
export interface Suspension {
  /** Null: indefinitely. */
  readonly until: string | null;
  readonly reason: string;
}

/** Asks for how long and why an account is suspended. */
export function SuspendDialog({
  open,
  title,
  action,
  onClose,
  onSubmit,
}: {
  open: boolean;
  title: string;
  /** The label of the button. */
  action: string;
  onClose: () => void;
  /** Suspends the account. The dialog stays open if it rejects. */
  onSubmit: (suspension: Suspension) => Promise<void>;
}) {
  const form = useForm(['hours', 'reason'], async ({ hours, reason }) => {
    const until =
      hours === INDEFINITELY ? null : new Date(Date.now() + Number(hours) * HOUR_MS).toISOString();
    await onSubmit({ until, reason });
    onClose();
  });
  return (
    <Dialog open={open} onClose={onClose} title={title} description={t('adminUsers.suspendIntro')}>
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
          maxLength={300}
        />
        <Button type="submit" look="danger" busy={form.busy} className="min-h-11">
          {action}
        </Button>
      </form>
    </Dialog>
  );
}
