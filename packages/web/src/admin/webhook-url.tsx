import { type AdminAccount, type ConversationId, isolate } from '@parley/protocol';
import { useQuery } from '@tanstack/react-query';
import { UserPlus } from 'lucide-react';
import { useRef, useState } from 'react';
import { compareNames, errorMessage } from '../lib/text.ts';
import { keys } from '../queries/keys.ts';
import { useClient, useParley } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { Button } from '../ui/button.tsx';
import { CopyButton } from '../ui/copy-button.tsx';
import { Select } from '../ui/select.tsx';
import { toast } from '../ui/toast.ts';

/** Shows the incoming webhook URL of a new API key, for a group that the user chooses. */
export function WebhookUrl({
  apiKey,
  serviceAccount,
}: {
  apiKey: string;
  serviceAccount: AdminAccount;
}) {
  const conversations = useParley((s) => s.conversations);
  const groups = [...conversations.values()]
    .filter((c) => c.kind === 'group' && c.archivedAt === null)
    .map((c) => [c.id, c.name ?? ''] as const)
    .sort((a, b) => compareNames(a[1], b[1]));
  const [chosen, setChosen] = useState<ConversationId | ''>('');
  const url = `${location.origin}/api/v1/webhooks/${chosen}/${apiKey}`;
  return (
    <div className="flex flex-col gap-3">
      <Select
        label={t('createApiKey.webhook')}
        options={[['', t('createApiKey.chooseGroup')], ...groups]}
        value={chosen}
        onChange={(event) => setChosen(event.target.value as ConversationId | '')}
      />
      <p className="text-muted text-note">{t('createApiKey.webhookHint')}</p>
      {chosen !== '' && (
        <>
          <Membership key={chosen} group={chosen} serviceAccount={serviceAccount} />
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

/** Says whether the service account may post in the group, and adds it. */
function Membership({
  group,
  serviceAccount: { id, username, displayName },
}: {
  group: ConversationId;
  serviceAccount: AdminAccount;
}) {
  const client = useClient();
  const note = useRef<HTMLParagraphElement>(null);
  const [busy, setBusy] = useState(false);
  const isMember = useQuery({
    queryKey: keys.members(group, id),
    queryFn: async ({ signal }) => {
      const found = await client.api.members(group, { search: username }, { signal });
      return found.items.some(({ account }) => account === id);
    },
  });
  const add = async () => {
    setBusy(true);
    try {
      await client.api.addMember(group, id);
      await isMember.refetch();
      // The button is removed.
      note.current?.focus();
    } catch (error) {
      toast.error(errorMessage(error));
    }
    setBusy(false);
  };
  const name = isolate(displayName);
  return (
    <div className="flex flex-wrap items-center gap-2">
      <p
        ref={note}
        role="status"
        tabIndex={-1}
        className="min-w-0 flex-1 text-note text-soft outline-none"
      >
        {isMember.data === true && t('createApiKey.isMember', { name })}
        {isMember.data === false && t('createApiKey.isNoMember', { name })}
        {isMember.error !== null && errorMessage(isMember.error)}
      </p>
      {isMember.data === false && (
        <Button busy={busy} onClick={() => void add()}>
          <UserPlus size={16} /> {t('createApiKey.addToGroup')}
        </Button>
      )}
    </div>
  );
}
