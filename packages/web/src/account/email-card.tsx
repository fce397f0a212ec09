import type { NotificationSettings, UpdateNotificationsBody } from '@parley/protocol';
import { useAuthOptions } from '../auth/use-auth-options.ts';
import { inUnits } from '../lib/text.ts';
import { useParley } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { Card } from '../ui/card.tsx';
import { Select } from '../ui/select.tsx';

const DELAYS = [5, 15, 30, 60, 240, 1_440];

const delayText = (minutes: number): string =>
  t('notifySettings.emailAfter', {
    time: minutes < 60 ? inUnits(minutes, 'minute') : inUnits(Math.round(minutes / 60), 'hour'),
  });

/** When emails tell of missed messages. */
export function EmailCard({
  settings: { emailDelayMinutes: delay },
  change,
}: {
  readonly settings: NotificationSettings;
  readonly change: (body: UpdateNotificationsBody) => Promise<boolean>;
}) {
  const isVerified = useParley((s) => s.me?.verified ?? true);
  const isOutbox = useAuthOptions()?.email === 'outbox';
  const known = delay === null || DELAYS.includes(delay) ? DELAYS : [...DELAYS, delay];
  return (
    <Card title={t('notifySettings.email')} description={t('notifySettings.emailIntro')}>
      <Select
        label={t('notifySettings.emailWhen')}
        value={delay ?? ''}
        onChange={({ target: { value } }) =>
          void change({ emailDelayMinutes: value === '' ? null : Number(value) })
        }
        options={[
          ...known.map((minutes): [string, string] => [String(minutes), delayText(minutes)]),
          ['', t('notifySettings.emailNever')],
        ]}
      />
      {isOutbox && <p className="mt-3 text-muted text-sm">{t('notifySettings.emailNoServer')}</p>}
      {!isOutbox && !isVerified && (
        <p className="mt-3 text-muted text-sm">{t('notifySettings.emailUnverified')}</p>
      )}
    </Card>
  );
}
