import { useState } from 'react';
import { useParley } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { CopyButton } from '../ui/copy-button.tsx';
import { Select } from '../ui/select.tsx';

/** Shows the incoming webhook URL of a new API key, for a group that the user chooses. */
export function WebhookUrl({ apiKey }: { apiKey: string }) {
  const conversations = useParley((s) => s.conversations);
  const groups = [...conversations.values()]
    .filter((c) => c.kind === 'group' && c.archivedAt === null)
    .map((c) => [c.id, c.name ?? ''] as const)
    .sort((a, b) => a[1].localeCompare(b[1]));
  const [chosen, setChosen] = useState('');
  const url = `${location.origin}/api/v1/webhooks/${chosen}/${apiKey}`;
  return (
    <div className="flex flex-col gap-3">
      <Select
        label={t('createApiKey.webhook')}
        options={[['', t('createApiKey.chooseGroup')], ...groups]}
        value={chosen}
        onChange={(event) => setChosen(event.target.value)}
      />
      <p className="text-muted text-note">{t('createApiKey.webhookHint')}</p>
      {chosen !== '' && (
        <>
          <code
            dir="ltr"
            className="select-all break-all rounded-xl border border-line bg-sunken p-4 text-note"
          >
            {url}
          </code>
          <CopyButton text={url} label={t('createApiKey.copyWebhook')} />
        </>
      )}
    </div>
  );
}
