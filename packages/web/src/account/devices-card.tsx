import type { NotificationDevice } from '@parley/protocol';
import { useMutation, useQuery } from '@tanstack/react-query';
import { BellRing, Globe, Plus, Smartphone, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { Problem } from '../auth/problem.tsx';
import { useForm } from '../auth/use-form.ts';
import { failureText } from '../lib/delivery-failure.ts';
import { ago } from '../lib/time.ts';
import { canPush, startPush, stopPush } from '../notifications/push.ts';
import { keys } from '../queries/keys.ts';
import { useRefresh } from '../queries/use-refresh.ts';
import { useAccountId, useClient } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { Button, IconButton } from '../ui/button.tsx';
import { Card } from '../ui/card.tsx';
import { Checkbox } from '../ui/checkbox.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Field } from '../ui/field.tsx';
import { Loading } from '../ui/loading.tsx';
import { toast } from '../ui/toast.ts';
import { useOptimistic } from '../ui/use-optimistic.ts';

/** The devices that are notified while the user is away. */
export function DevicesCard() {
  const client = useClient();
  const account = useAccountId();
  const { devices } = client.api.notifications;
  const refresh = useRefresh();
  const onSuccess = () => refresh(keys.devices());
  const loaded = useQuery({
    queryKey: keys.devices(),
    queryFn: ({ signal }) => devices.list({ signal }),
  });
  const [isAdding, setAdding] = useState(false);
  const items = loaded.data?.items ?? [];
  const hasCurrent = items.some((device) => device.isCurrent);
  const start = useMutation({
    mutationFn: async () => {
      if ((await startPush(client, account)) === null) toast.error(t('devices.blocked'));
    },
    onSuccess,
  });
  const remove = useMutation({
    mutationFn: (device: NotificationDevice) =>
      device.isCurrent ? stopPush(client, account, device) : devices.remove(device.id),
    onSuccess,
  });
  const test = useMutation({
    mutationFn: (device: NotificationDevice) => devices.test(device.id),
    onSuccess: ({ failure }) => {
      if (failure === null) toast.success(t('devices.testSent'));
      else toast.error(t('delivery.testPushFailed', { error: failureText(failure) }));
      return onSuccess();
    },
  });
  return (
    <Card
      title={t('devices.title')}
      description={t('devices.intro')}
      actions={
        <Button onClick={() => setAdding(true)}>
          <Plus size={16} /> {t('devices.addTopic')}
        </Button>
      }
    >
      {loaded.data === undefined ? (
        <Loading of={loaded} />
      ) : (
        <>
          {canPush() ? (
            !hasCurrent && (
              <Button onClick={() => start.mutate()} busy={start.isPending}>
                <BellRing size={16} /> {t('devices.notifyThis')}
              </Button>
            )
          ) : (
            <p className="text-muted text-sm">{t('devices.unavailable')}</p>
          )}
          {items.length > 0 && (
            <ul aria-label={t('devices.title')} className="mt-3 flex flex-col divide-y divide-line">
              {items.map((device) => (
                <DeviceRow
                  key={device.id}
                  device={device}
                  onRemove={() => remove.mutate(device)}
                  onContent={async (shows) => {
                    await devices.change(device.id, { showsContent: shows });
                    await onSuccess();
                  }}
                  onTest={() => test.mutate(device)}
                />
              ))}
            </ul>
          )}
        </>
      )}
      <TopicDialog open={isAdding} onClose={() => setAdding(false)} onAdded={onSuccess} />
    </Card>
  );
}

function DeviceRow({
  device,
  onRemove,
  onContent,
  onTest,
}: {
  device: NotificationDevice;
  onRemove: () => void;
  onContent: (shows: boolean) => Promise<void>;
  onTest: () => void;
}) {
  const { name, kind, host, isCurrent, lastSentAt, lastFailure } = device;
  const [showsContent, save] = useOptimistic(device.showsContent);
  const Icon = kind === 'web_push' ? Globe : Smartphone;
  return (
    <li className="flex flex-wrap items-center gap-x-3 gap-y-1 py-3">
      <span className="flex size-9 shrink-0 items-center justify-center rounded-avatar bg-sunken text-muted">
        <Icon size={17} />
      </span>
      <span className="min-w-0 flex-1 basis-48">
        <span className="flex gap-1 font-medium">
          <span className="truncate">{name}</span>
          {isCurrent && <span className="shrink-0 text-muted">· {t('sessions.thisDevice')}</span>}
        </span>
        <span className="block truncate text-note text-muted">
          {[host, lastSentAt && t('devices.lastSent', { ago: ago(lastSentAt) })]
            .filter(Boolean)
            .join(' · ')}
        </span>
        {lastFailure && (
          <span className="block text-note text-danger">
            {t('devices.lastFailed', { reason: failureText(lastFailure) })}
          </span>
        )}
        <Checkbox
          label={t('devices.showContent')}
          checked={showsContent}
          onChange={({ target: { checked } }) => void save(checked, () => onContent(checked))}
        />
      </span>
      <span className="ms-auto flex items-center gap-3">
        <Button onClick={onTest}>{t('devices.test')}</Button>
        <IconButton label={t('devices.removeNamed', { name })} onClick={onRemove}>
          <Trash2 size={17} />
        </IconButton>
      </span>
    </li>
  );
}

/** The dialog that adds a topic of an ntfy server. */
function TopicDialog({
  open,
  onClose,
  onAdded,
}: {
  open: boolean;
  onClose: () => void;
  onAdded: () => Promise<void>;
}) {
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title={t('devices.addTopic')}
      description={t('devices.topicIntro')}
    >
      <TopicForm
        onAdded={async () => {
          await onAdded();
          onClose();
        }}
      />
    </Dialog>
  );
}

function TopicForm({ onAdded }: { onAdded: () => Promise<void> }) {
  const { devices } = useClient().api.notifications;
  const form = useForm(['name', 'url', 'token'], async (values) => {
    const [name, url, token] = [values.name.trim(), values.url.trim(), values.token.trim()];
    await devices.add({ kind: 'ntfy', name, url, ...(token !== '' && { token }) });
    await onAdded();
  });
  return (
    <form {...form.props} className="flex flex-col gap-4 pt-2">
      <Problem text={form.problem} />
      <Field
        name="name"
        label={t('common.name')}
        maxLength={100}
        required
        error={form.errors.name}
      />
      <Field
        name="url"
        type="url"
        label={t('devices.topicUrl')}
        placeholder={t('devices.topicExample')}
        hint={t('devices.topicHint')}
        required
        error={form.errors.url}
      />
      <Field
        name="token"
        type="password"
        autoComplete="off"
        label={t('devices.token')}
        hint={t('devices.tokenHint')}
        error={form.errors.token}
      />
      <Button type="submit" look="primary" busy={form.busy} className="min-h-11">
        {t('devices.add')}
      </Button>
    </form>
  );
}
