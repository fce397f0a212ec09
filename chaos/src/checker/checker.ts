import type { HistoryRecord } from '../history/history.ts';
import { checkClean } from './check-clean.ts';
import { checkClients } from './check-clients.ts';
import { checkCommands } from './check-commands.ts';
import { checkGuests } from './check-guests.ts';
import { checkHolds } from './check-holds.ts';
import { checkLogs } from './check-logs.ts';
import type { CheckOptions } from './check-options.ts';
import { checkRetention } from './check-retention.ts';
import { checkRun } from './check-run.ts';
import { checkThreads } from './check-threads.ts';
import { checkUserGroups } from './check-user-groups.ts';
import { Log } from './log.ts';
import { of, type Violation } from './violation.ts';
import { withoutLost } from './without-lost.ts';

export { of, type Violation } from './violation.ts';

/**
 * Checks a history against the guarantees. Shares no code with the server: it uses only what clients
 * saw, and what members read over REST at the end.
 */
export function check(
  recorded: readonly HistoryRecord[],
  options: CheckOptions = { mode: 'chaos', deadlineMs: 0 },
): Violation[] {
  const history = withoutLost(recorded);
  const lost = of(history, 'restored').flatMap((r) => r.lost);
  const logs = new Map(of(history, 'log').map((r) => [r.stream, new Log(r, lost)]));
  return [
    ...checkLogs(history, logs),
    ...checkCommands(history, logs),
    ...checkClients(history, logs, options),
    ...checkThreads(history, logs),
    ...checkHolds(history, logs),
    ...checkRetention(history, logs),
    ...checkUserGroups(history, logs),
    ...checkGuests(history, logs),
    ...checkRun(history, options),
    ...(options.mode === 'clean' ? checkClean(history, options) : []),
  ];
}
