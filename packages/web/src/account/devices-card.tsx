import type { NotificationDevice } from '@parley/protocol';
import { BellRing, Globe, Plus, Smartphone, Trash2 } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { toast } from 'sonner';
import { attempt } from '../lib/attempt.ts';
import { errorMessage } from '../lib/text.ts';
import { ago } from '../lib/time.ts';
import { canPush, startPush, stopPush } from '../notifications/push.ts';
import { useAccountId, useClient } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { Button, IconButton } from '../ui/button.tsx';
import { Card } from '../ui/card.tsx';
import { Checkbox } from '../ui/checkbox.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Field } from '../ui/field.tsx';
import { Loading } from '../ui/loading.tsx';
import { useLoad } from '../ui/use-load.ts';

/** The devices that are notified while the user is away. */
export function DevicesCard() {
  const client = useClient();
  const account = useAccountId();
  const { devices } = client.api.notifications;
  const loaded = useLoad(() => devices.list());
  const [isAdding, setAdding] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const items = loaded.data?.items ?? [];
  const hasCurrent = items.some((device) => device.isCurrent);
  const start = async () => {
    setBusy(true);
    await attempt(async () => {
      if ((await startPush(client, account)) === null) toast.error(t('devices.blocked'));
      await loaded.reload();
    });
    setBusy(false);
  };
  const remove = (device: NotificationDevice) =>
    attempt(async () => {
      if (device.isCurrent) await stopPush(client, account, device);
      else await devices.remove(device.id);
      await loaded.reload();
    });
  const change = (device: NotificationDevice, showsContent: boolean) =>
    attempt(async () => {
      const changed = await devices.change(device.id, { showsContent });
      loaded.set((now) => ({
        ...now,
        items: now.items.map((d) => (d.id === changed.id ? changed : d)),
      }));
    });
  const test = async (device: NotificationDevice) => {
    try {
      const { error } = await devices.test(device.id);
      if (error === null) toast.success(t('devices.testSent'));
      else toast.error(error);
      await loaded.reload();
    } catch (error) {
      toast.error(errorMessage(error));
    }
  };
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
      {loaded.data === null ? (
        <Loading of={loaded} />
      ) : (
        <>
          {canPush() ? (
            !hasCurrent && (
              <Button onClick={() => void start()} disabled={isBusy}>
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
                  onRemove={() => void remove(device)}
                  onContent={(shows) => void change(device, shows)}
                  onTest={() => void test(device)}
                />
              ))}
            </ul>
          )}
        </>
      )}
      <TopicDialog open={isAdding} onClose={() => setAdding(false)} onAdded={loaded.reload} />
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
  onContent: (shows: boolean) => void;
  onTest: () => void;
}) {
  const { name, kind, host, isCurrent, showsContent, lastSentAt, lastError } = device;
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
        {lastError !== null && <span className="block text-note text-danger">{lastError}</span>}
        <Checkbox
          label={t('devices.showContent')}
          checked={showsContent}
          onChange={({ target }) => onContent(target.checked)}
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

/** Adds a topic of an ntfy server. */
function TopicDialog({
  open,
  onClose,
  onAdded,
}: {
  open: boolean;
  onClose: () => void;
  onAdded: () => Promise<void>;
}) {
  const client = useClient();
  const [problem, setProblem] = useState<string>();
  const close = () => {
    setProblem(undefined);
    onClose();
  };
  const add = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const data = new FormData(event.currentTarget);
    const [name, url, token] = ['name', 'url', 'token'].map((field) =>
      String(data.get(field) ?? '').trim(),
    ) as [string, string, string];
    try {
      await client.api.notifications.devices.add({
        kind: 'ntfy',
        name,
        url,
        ...(token !== '' && { token }),
      });
      await onAdded();
      close();
    } catch (error) {
      setProblem(errorMessage(error));
    }
  };
  return (
    <Dialog
      open={open}
      onClose={close}
      title={t('devices.addTopic')}
      description={t('devices.topicIntro')}
    >
      <form onSubmit={(event) => void add(event)} className="flex flex-col gap-4">
        <Field name="name" label={t('common.name')} maxLength={100} required />
        <Field
          name="url"
          type="url"
          label={t('devices.topicUrl')}
          placeholder={t('devices.topicExample')}
          hint={t('devices.topicHint')}
          error={problem}
          required
        />
        <Field
          name="token"
          type="password"
          autoComplete="off"
          label={t('devices.token')}
          hint={t('devices.tokenHint')}
        />
        <Button type="submit">{t('devices.add')}</Button>
      </form>
    </Dialog>
  );
}
