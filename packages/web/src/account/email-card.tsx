import {
  isolate,
  type Me,
  type NotificationSettings,
  type UpdateNotificationsBody,
} from '@parley/protocol';
import { Link } from '@tanstack/react-router';
import { TriangleAlert } from 'lucide-react';
import { useEffect } from 'react';
import { useAuthOptions } from '../auth/use-auth-options.ts';
import { inUnits } from '../lib/text.ts';
import { fullTime } from '../lib/time.ts';
import { useClient, useParley } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { Card } from '../ui/card.tsx';
import { Select } from '../ui/select.tsx';

const DELAYS = [5, 15, 30, 60, 240, 1_440];

const delayText = (minutes: number): string =>
  t('notifySettings.emailAfter', {
    time: minutes < 60 ? inUnits(minutes, 'minute') : inUnits(Math.round(minutes / 60), 'hour'),
  });

/** Chooses when emails list missed messages. */
export function EmailCard({
  settings: { emailDelayMinutes: delay },
  change,
}: {
  readonly settings: NotificationSettings;
  readonly change: (body: UpdateNotificationsBody) => Promise<boolean>;
}) {
  const client = useClient();
  const me = useParley((s) => s.me);
  useEffect(() => {
    // No event reports a failed email. Without an answer the page shows the known state.
    client.refreshMe().catch(() => undefined);
  }, [client]);
  const isOutbox = useAuthOptions()?.email === 'outbox';
  const delays = delay === null || DELAYS.includes(delay) ? DELAYS : [...DELAYS, delay];
  return (
    <Card title={t('notifySettings.email')} description={t('notifySettings.emailIntro')}>
      <Select
        label={t('notifySettings.emailWhen')}
        value={delay ?? ''}
        onChange={({ target: { value } }) =>
          void change({ emailDelayMinutes: value === '' ? null : Number(value) })
        }
        options={[
          ...delays.map((minutes): [string, string] => [String(minutes), delayText(minutes)]),
          ['', t('notifySettings.emailNever')],
        ]}
      />
      {isOutbox && <p className="mt-3 text-muted text-sm">{t('notifySettings.emailNoServer')}</p>}
      {!isOutbox && me?.emailFailure && <Undeliverable me={me} failure={me.emailFailure} />}
      {!isOutbox && me?.verified === false && (
        <p className="mt-3 text-muted text-sm">{t('notifySettings.emailUnverified')}</p>
      )}
    </Card>
  );
}

/** Explains that and why the address was rejected, and what to do about it. */
function Undeliverable({
  me,
  failure: { at, error },
}: {
  readonly me: Me;
  readonly failure: NonNullable<Me['emailFailure']>;
}) {
  return (
    <div role="alert" className="mt-3 text-sm">
      <p className="flex items-start gap-2 font-medium text-danger">
        <TriangleAlert size={16} aria-hidden className="mt-0.5 shrink-0" />
        {t('notifySettings.emailFailed', { email: isolate(me.email), time: fullTime(at) })}
      </p>
      <p className="mt-1 break-words text-muted">
        <bdi>{error}</bdi>
      </p>
      <p className="mt-1 text-muted">
        {t('notifySettings.emailStopped')}{' '}
        <Link to="/settings/profile" className="text-accent hover:underline">
          {t('notifySettings.confirmEmail')}
        </Link>
      </p>
    </div>
  );
}
