import { type AdminAccount, isolate } from '@parley/protocol';
import { Problem } from '../auth/problem.tsx';
import { useForm } from '../auth/use-form.ts';
import { useAdmin } from '../session/use-admin.ts';
import { t } from '../texts/index.ts';
import { Button } from '../ui/button.tsx';
import { Choice } from '../ui/choice.tsx';
import { Dialog } from '../ui/dialog.tsx';

/** Deletes an account, and its messages if the admin chooses so. */
export function DeleteAccount({
  account,
  open,
  onClose,
  onDeleted,
}: {
  account: AdminAccount;
  open: boolean;
  onClose: () => void;
  onDeleted: () => void;
}) {
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title={t('deleteAccount.title', { name: isolate(account.displayName) })}
      description={t('deleteAccount.intro')}
    >
      <DeleteForm account={account} onClose={onClose} onDeleted={onDeleted} />
    </Dialog>
  );
}

function DeleteForm({
  account,
  onClose,
  onDeleted,
}: {
  account: AdminAccount;
  onClose: () => void;
  onDeleted: () => void;
}) {
  const admin = useAdmin();
  const form = useForm(['messages'], async ({ messages }) => {
    await admin.deleteAccount(account.id, messages === 'delete' ? 'delete' : 'keep');
    onDeleted();
  });
  return (
    <form {...form.props} className="flex flex-col gap-4 pt-2">
      <Problem text={form.problem} />
      <Choice
        name="messages"
        label={t('deleteAccount.messages')}
        options={[
          ['keep', t('deleteAccount.keep'), t('deleteAccount.keepHint')],
          ['delete', t('deleteAccount.delete'), t('deleteAccount.deleteHint')],
        ]}
      />
      <div className="flex justify-end gap-2">
        <Button onClick={onClose}>{t('common.cancel')}</Button>
        <Button type="submit" look="danger" busy={form.busy}>
          {t('common.deleteAccount')}
        </Button>
      </div>
    </form>
  );
}
