import type { HistoryRecord } from '../history/history.ts';
import type { Log } from './log.ts';
import { of, type Violation } from './violation.ts';

/**
 * I19: a mention of a user group is one of those of its accounts that are members of the conversation at that seq: of
 * all of them, as the user group was at some time.
 */
export function checkUserGroups(
  history: readonly HistoryRecord[],
  logs: ReadonlyMap<string, Log>,
): Violation[] {
  const [read] = of(history, 'user-groups');
  if (!read) return [];
  const violations: Violation[] = [];
  for (const log of logs.values()) {
    for (const { type, seq, data } of log.events) {
      if (type !== 'message.posted') continue;
      for (const mention of data.mentions ?? []) {
        if (mention.kind !== 'user_group') continue;
        const accounts = [...mention.accounts].sort().join(' ');
        const isRight = read.versions.some(({ id, members }) => {
          const reached = members.filter((account) => log.periodAt(account, seq)).sort();
          return id === mention.id && reached.join(' ') === accounts;
        });
        if (isRight) continue;
        const what = `the mention of a user group at ${seq} reaches other accounts than it ever had in the conversation`;
        violations.push({ rule: 'I19 user groups', stream: log.stream, what });
      }
    }
  }
  return violations;
}
