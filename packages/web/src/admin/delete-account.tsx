import type { AdminAccount } from '@parley/protocol';
import { Problem } from '../auth/problem.tsx';
import { useForm } from '../auth/use-form.ts';
import { isolate } from '../lib/bidi.ts';
import { Button } from '../ui/button.tsx';
import { Choice } from '../ui/choice.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { useAdmin } from './use-admin.ts';

/** Deletes somebody’s account, after asking what becomes of what they have written. */
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
      title={`Delete ${isolate(account.displayName)}?`}
      description="They are logged out everywhere, and nobody finds them any more. There is no way back."
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
        label="What they have written"
        options={[
          ['keep', 'Leave it', 'Conversations stay readable; the name becomes “deleted account”.'],
          ['delete', 'Delete it too', 'Their messages disappear for everybody.'],
        ]}
      />
      <div className="flex justify-end gap-2">
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" look="danger" busy={form.busy}>
          Delete for good
        </Button>
      </div>
    </form>
  );
}
