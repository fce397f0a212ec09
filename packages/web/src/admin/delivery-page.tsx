import type { NotificationChannelHealth, NotificationHealth } from '@parley/protocol';
import { useQuery } from '@tanstack/react-query';
import { RotateCw } from 'lucide-react';
import { useAuthOptions } from '../auth/use-auth-options.ts';
import { duration } from '../lib/text.ts';
import { ago, fullTime } from '../lib/time.ts';
import { keys } from '../queries/keys.ts';
import { useAdmin } from '../session/use-admin.ts';
import { locale, t } from '../texts/index.ts';
import { Badge } from '../ui/badge.tsx';
import { Button } from '../ui/button.tsx';
import { Card } from '../ui/card.tsx';
import { Loading } from '../ui/loading.tsx';
import { PartTitle } from '../ui/part-title.tsx';
import { TestEmail, TestPush } from './test-deliveries.tsx';

/** Shows how notifications are delivered, and tests it. */
export function DeliveryPage() {
  const admin = useAdmin();
  const health = useQuery({
    queryKey: keys.notificationHealth(),
    queryFn: ({ signal }) => admin.notificationHealth({ signal }),
  });
  return (
    <>
      <PartTitle
        title={t('delivery.title')}
        description={t('delivery.intro')}
        actions={
          <Button onClick={() => void health.refetch()}>
            <RotateCw size={16} /> {t('adminEmails.refresh')}
          </Button>
        }
      />
      <Loading of={health} />
      {health.data && (
        <>
          <DecisionsCard health={health.data} />
          {health.data.channels.map((channel) => (
            <ChannelCard key={channel.channel} health={channel} />
          ))}
        </>
      )}
    </>
  );
}

/** Decisions that are at least this late are marked, s. */
const LATE_SECONDS = 10;
/** Deliveries that are at least this late are marked, s. */
const OVERDUE_SECONDS = 60;

function DecisionsCard({
  health: { undecided, undecidedSeconds },
}: {
  health: NotificationHealth;
}) {
  const isLate = undecided > 0 && undecidedSeconds >= LATE_SECONDS;
  return (
    <Card title={t('delivery.decisions')} description={t('delivery.decisionsIntro')}>
      <p className="flex flex-wrap items-center gap-3 text-sm">
        <State isWell={!isLate} />
        {undecided === 0
          ? t('delivery.allDecided')
          : t('delivery.undecided', { count: undecided, time: duration(undecidedSeconds) })}
      </p>
    </Card>
  );
}

const State = ({ isWell, isRetrying }: { isWell: boolean; isRetrying?: boolean }) => {
  if (!isWell) return <Badge tone="warn">{t('delivery.late')}</Badge>;
  return isRetrying ? (
    <Badge tone="warn">{t('delivery.retrying')}</Badge>
  ) : (
    <Badge tone="ok">{t('delivery.ok')}</Badge>
  );
};

const number = (value: number): string => value.toLocaleString(locale);

const TITLES = { email: 'delivery.email', push: 'delivery.push' } as const;

function ChannelCard({ health }: { health: NotificationChannelHealth }) {
  const { channel, waiting, retrying, overdue, overdueSeconds, sent, failed, lastFailure } = health;
  const rows = [
    [t('delivery.waiting'), number(waiting)],
    [t('delivery.retried'), number(retrying)],
    [
      t('delivery.overdue'),
      overdue === 0
        ? number(0)
        : t('delivery.overdueFor', { count: overdue, time: duration(overdueSeconds) }),
    ],
    [t('delivery.sent'), number(sent)],
    [t('delivery.failed'), number(failed)],
  ] as const;
  const isOutbox = useAuthOptions()?.email === 'outbox' && channel === 'email';
  return (
    <Card
      title={t(TITLES[channel])}
      description={isOutbox ? t('delivery.noServerHint') : undefined}
    >
      {isOutbox ? (
        <Badge tone="warn">{t('delivery.noServer')}</Badge>
      ) : (
        <State
          isWell={overdue === 0 || overdueSeconds < OVERDUE_SECONDS}
          isRetrying={retrying > 0}
        />
      )}
      <dl className="mt-3 grid grid-cols-[auto_1fr] gap-x-6 gap-y-1 text-sm">
        {rows.map(([name, value]) => (
          <div key={name} className="contents">
            <dt className="text-muted">{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {lastFailure && (
        <div className="mt-3 text-sm">
          <p>
            {t('delivery.lastFailure')}{' '}
            <span title={fullTime(lastFailure.at)}>{ago(lastFailure.at)}</span>:{' '}
            {t(`deliveryFailure.${lastFailure.reason}`)}
          </p>
          <p className="mt-1 break-words text-note text-muted">{lastFailure.error}</p>
        </div>
      )}
      {channel === 'email' ? <TestEmail isOutbox={isOutbox} /> : <TestPush />}
    </Card>
  );
}
