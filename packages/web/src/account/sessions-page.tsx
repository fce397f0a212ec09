import type { SessionInfo } from '@parley/protocol';
import { useQuery } from '@tanstack/react-query';
import { Laptop, Smartphone, SquareTerminal } from 'lucide-react';
import { useState } from 'react';
import { useReauthentication } from '../auth/reauthenticate.tsx';
import { deviceKind, deviceName } from '../lib/device-name.ts';
import { ago, fullTime } from '../lib/time.ts';
import { keys } from '../queries/keys.ts';
import { useRefresh } from '../queries/use-refresh.ts';
import { useAccount } from '../session/use-account.ts';
import { t } from '../texts/index.ts';
import { Badge } from '../ui/badge.tsx';
import { Button } from '../ui/button.tsx';
import { Card } from '../ui/card.tsx';
import { Confirm } from '../ui/confirm.tsx';
import { Loading } from '../ui/loading.tsx';
import { PartTitle } from '../ui/part-title.tsx';
import { toast } from '../ui/toast.ts';

const ICONS = { phone: Smartphone, computer: Laptop, program: SquareTerminal } as const;

/** Lists the sessions of the account, and ends them. */
export function SessionsPage() {
  const account = useAccount();
  const reauthentication = useReauthentication();
  const refresh = useRefresh();
  const sessions = useQuery({
    queryKey: keys.sessions(),
    queryFn: ({ signal }) => account.sessions({ signal }),
  });
  const [ending, setEnding] = useState<SessionInfo | 'others' | null>(null);
  const items = sessions.data ?? [];
  const current = items.find((s) => s.current);
  const others = items.filter((s) => !s.current);
  const end = async () => {
    if (ending === null) return;
    await reauthentication.run(async () => {
      if (ending === 'others') await account.endOtherSessions();
      else await account.endSession(ending.id);
      await refresh(keys.sessions());
      toast.success(ending === 'others' ? t('sessions.othersLoggedOut') : t('sessions.ended'));
    });
  };
  return (
    <>
      <PartTitle
        title={t('sessions.title')}
        description={t('sessions.intro')}
        actions={
          others.length > 0 && (
            <Button onClick={() => setEnding('others')}>{t('sessions.logOutOthers')}</Button>
          )
        }
      />
      {sessions.data === undefined ? (
        <Card title={t('sessions.title')}>
          <Loading of={sessions} />
        </Card>
      ) : (
        <>
          {current && (
            <Card title={t('sessions.thisDevice')}>
              <ul>
                <Row session={current} />
              </ul>
            </Card>
          )}
          {others.length > 0 && (
            <Card title={t('sessions.others')}>
              <ul className="flex flex-col divide-y divide-line">
                {others.map((session) => (
                  <Row key={session.id} session={session} onEnd={() => setEnding(session)} />
                ))}
              </ul>
            </Card>
          )}
        </>
      )}
      <Confirm
        open={ending !== null}
        title={ending === 'others' ? t('sessions.logOutOthersQuestion') : t('sessions.endQuestion')}
        description={ending === 'others' ? t('sessions.logOutOthersIntro') : t('sessions.endIntro')}
        action={ending === 'others' ? t('common.logOut') : t('sessions.end')}
        onCancel={() => setEnding(null)}
        onConfirm={() => void end()}
      />
      {reauthentication.dialog}
    </>
  );
}

function Row({ session, onEnd }: { session: SessionInfo; onEnd?: () => void }) {
  const Icon = ICONS[deviceKind(session.device)];
  const name = deviceName(session.device);
  return (
    <li className="flex items-center gap-3 py-2.5 first:pt-0 last:pb-0">
      <span className="flex size-10 shrink-0 items-center justify-center rounded-avatar bg-sunken text-muted">
        <Icon size={19} />
      </span>
      <span className="min-w-0 flex-1">
        <span className="block truncate font-medium" title={session.device}>
          {name}
        </span>
        <span className="block text-note text-muted">
          <bdi dir="ltr">{session.address}</bdi> ·{' '}
          <span title={fullTime(session.lastUsedAt)}>
            {session.current
              ? t('sessions.activeNow')
              : t('sessions.activeAgo', { ago: ago(session.lastUsedAt) })}
          </span>
        </span>
      </span>
      {session.current && <Badge tone="ok">{t('sessions.current')}</Badge>}
      {onEnd && (
        <Button onClick={onEnd} aria-label={t('sessions.endNamed', { name })}>
          <span className="sm:hidden">{t('sessions.endShort')}</span>
          <span className="hidden sm:inline">{t('sessions.end')}</span>
        </Button>
      )}
    </li>
  );
}
