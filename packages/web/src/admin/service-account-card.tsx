import { type AdminAccount, type ApiKey, SCOPES, type Scope } from '@parley/protocol';
import { KeyRound, Plus, Trash2, UserRoundCheck, UserRoundX } from 'lucide-react';
import { useState } from 'react';
import { isolate } from '../lib/bidi.ts';
import { ago, dateOf } from '../lib/time.ts';
import { ActionItem, ActionMenu } from '../ui/action-menu.tsx';
import { Badge } from '../ui/badge.tsx';
import { Button, IconButton } from '../ui/button.tsx';
import { Card } from '../ui/card.tsx';
import { Confirm } from '../ui/confirm.tsx';
import { Loading } from '../ui/loading.tsx';
import { useLoad } from '../ui/use-load.ts';
import { CreateApiKey } from './create-api-key.tsx';
import { attempt, useAdmin } from './use-admin.ts';

/** Shows one service account and its API keys. */
export function ServiceAccountCard({
  serviceAccount,
  onChange,
}: {
  serviceAccount: AdminAccount;
  onChange: (serviceAccount: AdminAccount) => void;
}) {
  const admin = useAdmin();
  const keys = useLoad(() => admin.keys(serviceAccount.id));
  const [creating, setCreating] = useState(false);
  const [revoking, setRevoking] = useState<ApiKey | null>(null);
  return (
    <Card
      title={isolate(serviceAccount.displayName)}
      description={
        <>
          @{serviceAccount.username} ·{' '}
          {serviceAccount.lastSeen ? `last used ${ago(serviceAccount.lastSeen)}` : 'never used'}
        </>
      }
      actions={
        <div className="flex items-center gap-2">
          {!serviceAccount.isActive && <Badge tone="danger">Deactivated</Badge>}
          <Button onClick={() => setCreating(true)}>
            <Plus size={16} /> Create API key
          </Button>
          <ActionMenu label={`More actions for ${serviceAccount.displayName}`}>
            {serviceAccount.isActive ? (
              <ActionItem
                danger
                icon={<UserRoundX size={16} />}
                onSelect={() =>
                  void attempt(
                    async () => onChange(await admin.deactivate(serviceAccount.id)),
                    'Service account deactivated',
                  )
                }
              >
                Deactivate
              </ActionItem>
            ) : (
              <ActionItem
                icon={<UserRoundCheck size={16} />}
                onSelect={() =>
                  void attempt(
                    async () => onChange(await admin.reactivate(serviceAccount.id)),
                    'Service account reactivated',
                  )
                }
              >
                Reactivate
              </ActionItem>
            )}
          </ActionMenu>
        </div>
      }
    >
      <Loading of={keys} />
      {keys.data?.length === 0 && <p className="text-muted text-sm">No API keys yet.</p>}
      {keys.data && keys.data.length > 0 && (
        <ul className="flex flex-col divide-y divide-line">
          {keys.data.map((key) => (
            <li key={key.id} className="flex items-start gap-3 py-3 first:pt-0 last:pb-0">
              <span className="flex size-9 shrink-0 items-center justify-center rounded-[32%] bg-sunken text-muted">
                <KeyRound size={17} />
              </span>
              <span className="min-w-0 flex-1">
                <span className="flex flex-wrap items-center gap-2">
                  <span className="truncate font-medium">{key.name}</span>
                  <code className="text-[12px] text-muted">{key.hint}…</code>
                  {isExpired(key) && <Badge tone="danger">Expired</Badge>}
                </span>
                <span className="block text-[13px] text-muted">
                  {key.lastUsedAt ? `Last used ${ago(key.lastUsedAt)}` : 'Never used'}
                  {key.expiresAt !== null &&
                    ` · ${isExpired(key) ? 'expired' : 'expires'} ${dateOf(key.expiresAt)}`}
                </span>
                <span className="mt-1.5 flex flex-wrap gap-1">
                  {key.scopes.map((scope: Scope) => (
                    <span key={scope} title={SCOPES[scope]}>
                      <Badge>{scope}</Badge>
                    </span>
                  ))}
                </span>
              </span>
              <IconButton label={`Revoke ${key.name}`} onClick={() => setRevoking(key)}>
                <Trash2 size={17} />
              </IconButton>
            </li>
          ))}
        </ul>
      )}
      <CreateApiKey
        serviceAccount={serviceAccount}
        open={creating}
        onClose={() => setCreating(false)}
        onCreated={() => void keys.reload()}
      />
      <Confirm
        open={revoking !== null}
        title={`Revoke “${revoking?.name ?? ''}”?`}
        description="Bots and integrations that use this API key lose access right away."
        action="Revoke key"
        onCancel={() => setRevoking(null)}
        onConfirm={() =>
          void attempt(async () => {
            if (revoking) await admin.revokeApiKey(serviceAccount.id, revoking.id);
            await keys.reload();
          }, 'API key revoked')
        }
      />
    </Card>
  );
}

const isExpired = ({ expiresAt }: ApiKey): boolean =>
  expiresAt !== null && Date.parse(expiresAt) < Date.now();
