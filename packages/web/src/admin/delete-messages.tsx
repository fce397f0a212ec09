import { type AdminAccount, type BulkDeletion, isolate } from '@parley/protocol';
import { useMutation, useQuery } from '@tanstack/react-query';
import { Problem } from '../auth/problem.tsx';
import { useForm } from '../auth/use-form.ts';
import { inUnits } from '../lib/text.ts';
import { fullTime } from '../lib/time.ts';
import { keys } from '../queries/keys.ts';
import { useRefresh } from '../queries/use-refresh.ts';
import { useAdmin } from '../session/use-admin.ts';
import { t } from '../texts/index.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Loading } from '../ui/loading.tsx';
import { Select } from '../ui/select.tsx';

const HOUR_MS = 3_600_000;
/** Polling interval for the progress of a deletion while the dialog is open. */
const REFRESH_MS = 2_000;

/** Deletes all messages of an account, or the latest ones, and shows the progress. */
export function DeleteMessages({
  account,
  open,
  onClose,
}: {
  account: AdminAccount;
  open: boolean;
  onClose: () => void;
}) {
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title={t('deleteMessages.title', { name: isolate(account.displayName) })}
      description={t('deleteMessages.intro')}
    >
      <DeleteForm account={account} />
    </Dialog>
  );
}

/** Returns whether the latest deletion of an account is still running. */
const isRunning = (deletions: readonly BulkDeletion[] | undefined): boolean =>
  deletions?.[0]?.doneAt === null;

function DeleteForm({ account }: { account: AdminAccount }) {
  const admin = useAdmin();
  const refresh = useRefresh();
  const onSuccess = () => refresh(keys.bulkDeletions(account.id));
  const deletions = useQuery({
    queryKey: keys.bulkDeletions(account.id),
    queryFn: ({ signal }) => admin.bulkDeletions(account.id, { signal }),
    refetchInterval: ({ state }) => isRunning(state.data) && REFRESH_MS,
  });
  const [latest] = deletions.data ?? [];
  const request = useMutation({
    mutationFn: (hours: string) => {
      const since = hours === '' ? undefined : new Date(Date.now() - Number(hours) * HOUR_MS);
      return admin.deleteMessages(account.id, since && { since: since.toISOString() });
    },
    onSuccess,
    meta: { showsError: true },
  });
  const cancel = useMutation({
    mutationFn: (deletion: BulkDeletion) => admin.cancelBulkDeletion(account.id, deletion.id),
    onSuccess,
  });
  const form = useForm(['hours'], async ({ hours }) => {
    await request.mutateAsync(hours);
  });
  return (
    <form {...form.props} className="flex flex-col gap-4 pt-2">
      <Problem text={form.problem} />
      <Select
        name="hours"
        label={t('deleteMessages.which')}
        defaultValue=""
        options={[
          ['', t('deleteMessages.all')],
          ['1', t('deleteMessages.last', { time: inUnits(1, 'hour') })],
          ['24', t('deleteMessages.last', { time: inUnits(1, 'day') })],
          ['168', t('deleteMessages.last', { time: inUnits(7, 'day') })],
          ['720', t('deleteMessages.last', { time: inUnits(30, 'day') })],
        ]}
      />
      <Button
        type="submit"
        look="danger"
        busy={form.busy}
        disabled={isRunning(deletions.data)}
        className="min-h-11"
      >
        {t('deleteMessages.submit')}
      </Button>
      <Loading of={deletions} />
      {latest && <Progress deletion={latest} />}
      {latest && isRunning(deletions.data) && (
        <Button busy={cancel.isPending} onClick={() => cancel.mutate(latest)}>
          {t('deleteMessages.cancel')}
        </Button>
      )}
    </form>
  );
}

function Progress({ deletion: { deleted, doneAt, cancelledAt } }: { deletion: BulkDeletion }) {
  return (
    <p role="status" className="text-muted text-sm">
      {doneAt === null
        ? t('deleteMessages.running', { count: deleted })
        : t(cancelledAt === null ? 'deleteMessages.done' : 'deleteMessages.canceled', {
            count: deleted,
            time: fullTime(doneAt),
          })}
    </p>
  );
}
