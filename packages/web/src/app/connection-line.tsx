import { WifiOff } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useClient, useParley } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { Spinner } from '../ui/spinner.tsx';

/** Interruptions shorter than this are not shown, ms. */
const SHOW_AFTER_MS = 1_200;

/** Shows that the connection is lost or still catching up, once that lasts longer than a moment. */
export function ConnectionLine() {
  const client = useClient();
  const state = useParley((s) => s.state);
  const retryAt = useParley((s) => s.retryAt);
  const [shown, setShown] = useState(false);
  const [now, setNow] = useState(() => Date.now());

  const live = state === 'live';
  useEffect(() => {
    if (live) {
      setShown(false);
      return;
    }
    const timer = setTimeout(() => setShown(true), SHOW_AFTER_MS);
    return () => clearTimeout(timer);
  }, [live]);
  useEffect(() => {
    if (!shown) return;
    const timer = setInterval(() => setNow(Date.now()), 500);
    return () => clearInterval(timer);
  }, [shown]);

  const seconds = retryAt === null ? 0 : Math.max(0, Math.ceil((retryAt - now) / 1000));
  const offline = state === 'offline';
  const description = offline
    ? t('connection.offline')
    : state === 'connecting'
      ? t('connection.connecting')
      : t('connection.catchingUp');
  return (
    <>
      {/* Announced once for each state, without the countdown. */}
      <p role="status" className="sr-only">
        {shown ? description : ''}
      </p>
      {shown && (
        <div className="flex min-h-9 items-center justify-center gap-2 whitespace-nowrap bg-warn-soft px-3 text-note text-warn">
          {offline ? <WifiOff size={15} /> : <Spinner size={15} />}
          <span aria-hidden="true" className="tabular-nums">
            {offline && seconds > 1 ? t('connection.offlineRetry', { seconds }) : description}
          </span>
          {offline && (
            <button
              type="button"
              onClick={() => client.nudge()}
              className="ms-1 rounded px-1.5 py-1 font-medium underline underline-offset-3"
            >
              {t('connection.retry')}
            </button>
          )}
        </div>
      )}
    </>
  );
}
