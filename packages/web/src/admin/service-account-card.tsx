import {
  type AdminAccount,
  type AdminPermission,
  type ApiKey,
  isolate,
  type Scope,
} from '@parley/protocol';
import { useMutation, useQuery } from '@tanstack/react-query';
import { KeyRound, Plus, Trash2, UserRoundCheck, UserRoundX } from 'lucide-react';
import { useState } from 'react';
import { ago, dateOf } from '../lib/time.ts';
import { keys } from '../queries/keys.ts';
import { useRefresh } from '../queries/use-refresh.ts';
import { useAdmin } from '../session/use-admin.ts';
import { t } from '../texts/index.ts';
import { ActionItem, ActionMenu } from '../ui/action-menu.tsx';
import { Badge } from '../ui/badge.tsx';
import { Button, IconButton } from '../ui/button.tsx';
import { Card } from '../ui/card.tsx';
import { Confirm } from '../ui/confirm.tsx';
import { Loading } from '../ui/loading.tsx';
import { Handle } from '../users/handle.tsx';
import { CreateApiKey } from './create-api-key.tsx';
import { SCOPE_TEXTS } from './scope-texts.ts';

/** Shows one service account and its API keys. */
export function ServiceAccountCard({ serviceAccount }: { serviceAccount: AdminAccount }) {
  const admin = useAdmin();
  const may = (action: AdminPermission) => serviceAccount.permissions.includes(action);
  const refresh = useRefresh();
  const apiKeys = useQuery({
    queryKey: keys.apiKeys(serviceAccount.id),
    queryFn: ({ signal }) => admin.keys(serviceAccount.id, { signal }),
    enabled: may('keys'),
  });
  const revoke = useMutation({
    mutationFn: (key: ApiKey) => admin.revokeApiKey(serviceAccount.id, key.id),
    onSuccess: () => refresh(keys.apiKeys(serviceAccount.id)),
    meta: { done: t('serviceAccounts.revoked') },
  });
  const [creating, setCreating] = useState(false);
  const [revoking, setRevoking] = useState<ApiKey | null>(null);
  return (
    <Card
      title={isolate(serviceAccount.displayName)}
      description={
        <>
          <Handle name={serviceAccount.username} /> ·{' '}
          {serviceAccount.lastSeen
            ? t('serviceAccounts.lastUsed', { ago: ago(serviceAccount.lastSeen) })
            : t('serviceAccounts.neverUsed')}
        </>
      }
      actions={
        <div className="flex items-center gap-2">
          {!serviceAccount.isActive && <Badge tone="danger">{t('common.deactivated')}</Badge>}
          {may('keys') && (
            <Button onClick={() => setCreating(true)}>
              <Plus size={16} /> {t('common.createApiKey')}
            </Button>
          )}
          <Activation serviceAccount={serviceAccount} />
        </div>
      }
    >
      {may('keys') && <Loading of={apiKeys} />}
      {apiKeys.data?.length === 0 && (
        <p className="text-muted text-sm">{t('serviceAccounts.noKeys')}</p>
      )}
      {apiKeys.data && apiKeys.data.length > 0 && (
        <ul className="flex flex-col divide-y divide-line">
          {apiKeys.data.map((key) => (
            <KeyItem key={key.id} apiKey={key} onRevoke={() => setRevoking(key)} />
          ))}
        </ul>
      )}
      <CreateApiKey
        serviceAccount={serviceAccount}
        open={creating}
        onClose={() => setCreating(false)}
        onCreated={() => void refresh(keys.apiKeys(serviceAccount.id))}
      />
      <Confirm
        open={revoking !== null}
        title={t('serviceAccounts.revokeQuestion', { name: revoking?.name ?? '' })}
        description={t('serviceAccounts.revokeIntro')}
        action={t('serviceAccounts.revokeKey')}
        onCancel={() => setRevoking(null)}
        onConfirm={() => {
          if (revoking) revoke.mutate(revoking);
          setRevoking(null);
        }}
      />
    </Card>
  );
}

/** An API key: its scopes, when it was used and expires, and the button that revokes it. */
function KeyItem({ apiKey: key, onRevoke }: { apiKey: ApiKey; onRevoke: () => void }) {
  return (
    <li className="flex items-start gap-3 py-3 first:pt-0 last:pb-0">
      <span className="flex size-9 shrink-0 items-center justify-center rounded-avatar bg-sunken text-muted">
        <KeyRound size={17} />
      </span>
      <span className="min-w-0 flex-1">
        <span className="flex flex-wrap items-center gap-2">
          <bdi className="truncate font-medium">{key.name}</bdi>
          <code className="text-caption text-muted">{key.hint}…</code>
          {isExpired(key) && <Badge tone="danger">{t('common.expired')}</Badge>}
        </span>
        <span className="block text-note text-muted">
          {key.lastUsedAt
            ? t('serviceAccounts.keyLastUsed', { ago: ago(key.lastUsedAt) })
            : t('serviceAccounts.keyNeverUsed')}
          {key.expiresAt !== null &&
            ` · ${t(isExpired(key) ? 'common.expiredOn' : 'common.expiresOn', {
              date: dateOf(key.expiresAt),
            })}`}
        </span>
        <span className="mt-1.5 flex flex-wrap gap-1">
          {key.scopes.map((scope: Scope) => (
            <span key={scope} title={t(SCOPE_TEXTS[scope])}>
              <Badge>{scope}</Badge>
            </span>
          ))}
        </span>
      </span>
      <IconButton label={t('serviceAccounts.revokeNamed', { name: key.name })} onClick={onRevoke}>
        <Trash2 size={17} />
      </IconButton>
    </li>
  );
}

/** The menu that deactivates and reactivates a service account; nothing if the admin may do neither. */
function Activation({ serviceAccount }: { serviceAccount: AdminAccount }) {
  const admin = useAdmin();
  const may = (action: AdminPermission) => serviceAccount.permissions.includes(action);
  const refresh = useRefresh();
  const deactivate = useMutation({
    mutationFn: () => admin.deactivate(serviceAccount.id),
    onSuccess: () => refresh(keys.serviceAccounts()),
    meta: { done: t('serviceAccounts.deactivated') },
  });
  const reactivate = useMutation({
    mutationFn: () => admin.reactivate(serviceAccount.id),
    onSuccess: () => refresh(keys.serviceAccounts()),
    meta: { done: t('serviceAccounts.reactivated') },
  });
  if (!may('deactivate') && !may('reactivate')) return null;
  return (
    <ActionMenu label={t('serviceAccounts.moreActions', { name: serviceAccount.displayName })}>
      {may('deactivate') && (
        <ActionItem danger icon={<UserRoundX size={16} />} onSelect={() => deactivate.mutate()}>
          {t('serviceAccounts.deactivate')}
        </ActionItem>
      )}
      {may('reactivate') && (
        <ActionItem icon={<UserRoundCheck size={16} />} onSelect={() => reactivate.mutate()}>
          {t('serviceAccounts.reactivate')}
        </ActionItem>
      )}
    </ActionMenu>
  );
}

const isExpired = ({ expiresAt }: ApiKey): boolean =>
  expiresAt !== null && Date.parse(expiresAt) < Date.now();
