import { Download, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { PasswordDialog } from '../auth/password-dialog.tsx';
import { saveFile } from '../lib/save-file.ts';
import { accountDeleted } from '../session/session.ts';
import { useAccount } from '../session/use-account.ts';
import { useParley } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { Button } from '../ui/button.tsx';
import { Card } from '../ui/card.tsx';
import { Choice } from '../ui/choice.tsx';
import { PartTitle } from '../ui/part-title.tsx';
import { toast } from '../ui/toast.ts';

/** Downloads the user’s data, or deletes the account. */
export function DataPage() {
  const account = useAccount();
  const me = useParley((s) => s.me);
  const [dialog, setDialog] = useState<'export' | 'delete' | null>(null);
  const close = () => setDialog(null);
  return (
    <>
      <PartTitle title={t('ownData.title')} description={t('ownData.intro')} />
      <Card title={t('ownData.downloadTitle')} description={t('ownData.downloadIntro')}>
        <Button onClick={() => setDialog('export')}>
          <Download size={16} /> {t('ownData.download')}
        </Button>
      </Card>
      <Card title={t('ownData.deleteTitle')} description={t('ownData.deleteIntro')}>
        <Button look="risky" onClick={() => setDialog('delete')}>
          <Trash2 size={16} /> {t('common.deleteAccount')}
        </Button>
      </Card>
      <PasswordDialog
        open={dialog === 'export'}
        title={t('ownData.downloadTitle')}
        description={t('common.enterPassword')}
        action={t('ownData.download')}
        onClose={close}
        onConfirm={async (password) => {
          const text = await account.export(password);
          saveFile(`parley-${me?.username ?? 'account'}.json`, text, 'application/json');
          toast.success(t('ownData.downloaded'));
        }}
      />
      <PasswordDialog
        open={dialog === 'delete'}
        title={t('ownData.deleteQuestion')}
        description={t('ownData.deleteConfirm')}
        action={t('common.deleteAccount')}
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
          label={t('ownData.messages')}
          options={[
            ['keep', t('ownData.keepMessages'), t('ownData.keepMessagesHint')],
            ['delete', t('ownData.deleteMessages'), t('ownData.deleteMessagesHint')],
          ]}
        />
      </PasswordDialog>
    </>
  );
}
