import type { NotificationDevice } from '@parley/protocol';
import { useMutation, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { failureText } from '../lib/delivery-failure.ts';
import { errorMessage } from '../lib/text.ts';
import { keys } from '../queries/keys.ts';
import { useRefresh } from '../queries/use-refresh.ts';
import { useAdmin } from '../session/use-admin.ts';
import { useClient } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { Button } from '../ui/button.tsx';
import { LINK } from '../ui/link.ts';
import { Loading } from '../ui/loading.tsx';

/** Sends a test email to the admin. */
export function TestEmail({ isOutbox }: { isOutbox: boolean }) {
  const admin = useAdmin();
  const refresh = useRefresh();
  const test = useMutation({
    mutationFn: () => admin.sendTestEmail(),
    // A failure is one of the figures, too.
    onSettled: () => refresh(keys.notificationHealth()),
  });
  const sentTo = test.data?.recipient;
  return (
    <div className="mt-4">
      <Button busy={test.isPending} onClick={() => test.mutate()}>
        {t('delivery.sendTest')}
      </Button>
      {sentTo !== undefined && (
        <p role="status" className="mt-2 text-muted text-sm">
          {t(isOutbox ? 'delivery.testStored' : 'delivery.testSent', { recipient: sentTo })}
        </p>
      )}
    </div>
  );
}

/** The result of a test notification; `problem` is null if it was sent. */
interface TestOutcome {
  readonly device: NotificationDevice;
  readonly problem: string | null;
}

/** Sends a test notification to each device of the admin. */
export function TestPush() {
  const { devices } = useClient().api.notifications;
  const refresh = useRefresh();
  const own = useQuery({
    queryKey: keys.devices(),
    queryFn: ({ signal }) => devices.list({ signal }),
  });
  const test = useMutation({
    mutationFn: (tested: readonly NotificationDevice[]) =>
      Promise.all(
        tested.map(async (device): Promise<TestOutcome> => {
          try {
            const { failure } = await devices.test(device.id);
            return { device, problem: failure && failureText(failure) };
          } catch (error) {
            return { device, problem: errorMessage(error) };
          }
        }),
      ),
    // A device that is no longer registered was removed.
    onSettled: () => refresh(keys.devices()),
  });
  const items = own.data?.items;
  return (
    <div className="mt-4 text-sm">
      {items === undefined ? (
        <Loading of={own} />
      ) : items.length === 0 ? (
        <p className="text-muted">{t('delivery.noDevices')}</p>
      ) : (
        <Button busy={test.isPending} onClick={() => test.mutate(items)}>
          {t('delivery.sendTestPush')}
        </Button>
      )}
      <div role="status" className="mt-2 text-muted">
        {test.data && (
          <ul className="flex flex-col gap-1">
            {test.data.map(({ device, problem }) => (
              <li key={device.id} className="wrap-anywhere">
                <bdi>{device.name}</bdi>:{' '}
                {problem === null
                  ? t('delivery.testPushSent')
                  : t('delivery.testPushFailed', { error: problem })}
              </li>
            ))}
          </ul>
        )}
      </div>
      <p className="mt-3">
        <Link to="/settings/notifications" className={LINK}>
          {t('delivery.manageDevices')}
        </Link>
      </p>
    </div>
  );
}
