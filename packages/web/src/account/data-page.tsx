import { Download, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { toast } from 'sonner';
import { PartTitle } from '../app/tabbed-page.tsx';
import { saveFile } from '../lib/save-file.ts';
import { accountDeleted } from '../session/session.ts';
import { useParley } from '../session/use-client.ts';
import { Button } from '../ui/button.tsx';
import { Card } from '../ui/card.tsx';
import { Choice } from '../ui/choice.tsx';
import { PasswordDialog } from '../ui/password-dialog.tsx';
import { useAccount } from './use-account.ts';

/** Downloads the user’s data, or deletes the account. */
export function DataPage() {
  const account = useAccount();
  const me = useParley((s) => s.me);
  const [dialog, setDialog] = useState<'export' | 'delete' | null>(null);
  const close = () => setDialog(null);
  return (
    <>
      <PartTitle title="Your data" description="Download or delete it." />
      <Card
        title="Download your data"
        description="Your profile, your conversations and all your messages, as one JSON file."
      >
        <Button onClick={() => setDialog('export')}>
          <Download size={16} /> Download data
        </Button>
      </Card>
      <Card
        title="Delete your account"
        description="You’ll be logged out everywhere, and others can no longer find you. This can’t be undone."
      >
        <Button look="risky" onClick={() => setDialog('delete')}>
          <Trash2 size={16} /> Delete account
        </Button>
      </Card>
      <PasswordDialog
        open={dialog === 'export'}
        title="Download your data"
        description="Enter your password to continue."
        action="Download data"
        onClose={close}
        onConfirm={async (password) => {
          const text = await account.export(password);
          saveFile(`parley-${me?.username ?? 'account'}.json`, text, 'application/json');
          toast.success('Your data has been downloaded');
        }}
      />
      <PasswordDialog
        open={dialog === 'delete'}
        title="Delete your account?"
        description="This can’t be undone. Enter your password to continue."
        action="Delete account"
        danger
        onClose={close}
        onConfirm={async (password, data) => {
          const messages = data.get('messages') === 'delete' ? 'delete' : 'keep';
          await account.delete(password, messages);
          await accountDeleted();
        }}
      >
        <Choice
          name="messages"
          label="Your messages"
          options={[
            [
              'keep',
              'Keep my messages',
              'Conversations stay readable. Your name is replaced with “deleted account”.',
            ],
            ['delete', 'Delete my messages', 'Your messages disappear for everyone.'],
          ]}
        />
      </PasswordDialog>
    </>
  );
}
