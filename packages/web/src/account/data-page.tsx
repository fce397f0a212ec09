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

/** What the server has of oneself: to take along, or to be rid of. */
export function DataPage() {
  const account = useAccount();
  const me = useParley((s) => s.me);
  const [asking, setAsking] = useState<'export' | 'delete' | null>(null);
  const close = () => setAsking(null);
  return (
    <>
      <PartTitle title="Your data" description="It is yours: take it along, or take it away." />
      <Card
        title="Download everything"
        description="Your profile, your conversations and all that you have written, as one JSON file."
      >
        <Button onClick={() => setAsking('export')}>
          <Download size={16} /> Download
        </Button>
      </Card>
      <Card
        title="Delete your account"
        description="You are logged out everywhere, and nobody finds you any more. There is no way back."
      >
        <Button look="risky" onClick={() => setAsking('delete')}>
          <Trash2 size={16} /> Delete my account
        </Button>
      </Card>
      <PasswordDialog
        open={asking === 'export'}
        title="Download your data"
        description="Your password, so that nobody else takes it along."
        action="Download"
        onClose={close}
        onConfirm={async (password) => {
          const text = await account.export(password);
          saveFile(`parley-${me?.username ?? 'account'}.json`, text, 'application/json');
          toast.success('Your data is being saved');
        }}
      />
      <PasswordDialog
        open={asking === 'delete'}
        title="Delete your account?"
        description="This cannot be undone."
        action="Delete for good"
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
          label="What you have written"
          options={[
            [
              'keep',
              'Leave it',
              'Conversations stay readable; your name becomes “deleted account”.',
            ],
            ['delete', 'Delete it too', 'Your messages disappear for everybody.'],
          ]}
        />
      </PasswordDialog>
    </>
  );
}
