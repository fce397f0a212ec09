import type { ClientSnapshot } from '@parley/client';
import { WifiOff } from 'lucide-react';
import { useCallback, useEffect, useRef, useState } from 'react';
import { useWaitingForFiles } from '../files/use-new-files.ts';
import { listFormat } from '../lib/text.ts';
import { useClient, useParley } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { Spinner } from '../ui/spinner.tsx';
import { type ConnectionPhase, nextPhase } from './connection-phase.ts';

/** Interruptions shorter than this are not shown, ms. */
const SHOW_AFTER_MS = 2_500;

/** Shows that the connection is lost or still catching up, if that lasts. */
export function ConnectionLine() {
  const client = useClient();
  const state = useParley((s) => s.state);
  const waitingForFiles = useWaitingForFiles();
  const waiting = useParley(useCallback((s) => waitingText(s, waitingForFiles), [waitingForFiles]));
  const [shown, setShown] = useState(false);
  const last = useRef<ConnectionPhase>(null);
  const phase = nextPhase(last.current, state);
  useEffect(() => {
    last.current = phase;
  }, [phase]);

  const live = phase === null;
  useEffect(() => {
    if (live) {
      setShown(false);
      return;
    }
    const timer = setTimeout(() => setShown(true), SHOW_AFTER_MS);
    return () => clearTimeout(timer);
  }, [live]);

  return (
    <>
      {/* Announced once for each phase, without the number. */}
      <p role="status" className="sr-only">
        {shown && phase !== null ? DESCRIPTIONS[phase]() : ''}
      </p>
      {shown && phase !== null && (
        <div className="flex min-h-9 items-center justify-center gap-2 bg-warn-soft px-3 text-note text-warn">
          {phase === 'offline' ? <WifiOff size={15} className="shrink-0" /> : <Spinner size={15} />}
          <span aria-hidden="true" className="py-1 tabular-nums">
            {phase === 'offline' && waiting !== ''
              ? t('connection.waiting', { changes: waiting })
              : DESCRIPTIONS[phase]()}
          </span>
          {phase === 'offline' && (
            <button
              type="button"
              onClick={() => client.nudge()}
              className="ms-1 shrink-0 rounded px-1.5 py-1 font-medium underline underline-offset-3"
            >
              {t('connection.retry')}
            </button>
          )}
        </div>
      )}
    </>
  );
}

const DESCRIPTIONS: Readonly<Record<NonNullable<ConnectionPhase>, () => string>> = {
  offline: () => t('connection.offline'),
  connecting: () => t('connection.connecting'),
  'catching-up': () => t('connection.catchingUp'),
};

/** Returns which changes of the user the server has not answered; empty if there are none. */
function waitingText({ outbox, waitingChanges }: ClientSnapshot, waitingForFiles: number): string {
  const pending = outbox.filter(({ state }) => state === 'pending');
  const posts = pending.filter(({ command }) => command.op === 'post').length;
  const reads = pending.filter(({ command }) => command.op === 'read').length;
  const messages = posts + waitingForFiles;
  const messageChanges = pending.length - posts - reads;
  // Making the first format of lists takes 20 ms, which would delay the start.
  if (messages + messageChanges + waitingChanges === 0) return '';
  return listFormat().format([
    ...(messages > 0 ? [t('connection.waitingMessages', { count: messages })] : []),
    ...(messageChanges > 0
      ? [t('connection.waitingMessageChanges', { count: messageChanges })]
      : []),
    ...(waitingChanges > 0 ? [t('connection.waitingSettings', { count: waitingChanges })] : []),
  ]);
}
