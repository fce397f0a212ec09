import type { HistoryRecord } from '../history/history.ts';
import { isExpiry, isText, type Log, messageOf } from './log.ts';
import { of, type Violation } from './violation.ts';

/** Events before the founder joins announce the creation of a group. */
const FIRST_MAX = 3;

/** Checks the logs, and what REST returns for them. */
export function checkLogs(
  history: readonly HistoryRecord[],
  logs: ReadonlyMap<string, Log>,
): Violation[] {
  return [
    ...checkDense(logs),
    ...checkWriters(logs),
    ...checkDeleted(logs),
    ...checkUnhidden(logs),
    ...checkMessages(history, logs),
  ];
}

/** I2, I4: every log is dense, and no client id appears in any of them twice. */
function checkDense(logs: ReadonlyMap<string, Log>): Violation[] {
  const violations: Violation[] = [];
  const places = new Map<string, string>();
  for (const { stream, first, events } of logs.values()) {
    if (first > FIRST_MAX) {
      violations.push({
        rule: 'I4 dense',
        stream,
        what: `its founder sees it only from ${first} on`,
      });
    }
    for (const [i, event] of events.entries()) {
      if (event.seq !== first + i) {
        violations.push({
          rule: 'I4 dense',
          stream,
          what: `seq ${event.seq} where ${first + i} was expected`,
        });
        break;
      }
      if (event.client === null) continue;
      const id = `${event.actor} ${event.client}`;
      const place = `${stream} ${event.seq}`;
      const other = places.get(id);
      if (other) {
        violations.push({
          rule: 'I2 once',
          stream,
          id: event.client,
          what: `at ${other} and at ${place}`,
        });
      }
      places.set(id, place);
    }
  }
  return violations;
}

/** I10: every author was a member at the time of writing. */
function checkWriters(logs: ReadonlyMap<string, Log>): Violation[] {
  const violations: Violation[] = [];
  for (const log of logs.values()) {
    for (const event of log.events) {
      const { stream, seq, actor, type } = event;
      if (!/^(message|reaction|poll)\./.test(type) || isExpiry(event)) continue;
      if (log.periodAt(actor, seq)) continue;
      violations.push({
        rule: 'I10 members only',
        stream,
        ...(event.client && { id: event.client }),
        what: `${type} at ${seq} by a non-member`,
      });
    }
  }
  return violations;
}

/** I11: no text of a deleted or hidden message remains. */
function checkDeleted(logs: ReadonlyMap<string, Log>): Violation[] {
  const violations: Violation[] = [];
  for (const log of logs.values()) {
    for (const event of log.events) {
      if (!isText(event) || event.data.body === '' || !log.isRedacted(messageOf(event))) continue;
      const how = log.isDeleted(messageOf(event)) ? 'deleted' : 'hidden';
      const what = `the text of the ${how} message ${messageOf(event)} is still at ${event.seq}`;
      violations.push({ rule: 'I11 same state', stream: log.stream, what });
    }
  }
  return violations;
}

/**
 * I11: an unhidden message has its latest text, including in the events that posted and edited it.
 * Earlier events that unhid it stay empty once it was hidden again: the last one replaces them.
 */
function checkUnhidden(logs: ReadonlyMap<string, Log>): Violation[] {
  const violations: Violation[] = [];
  for (const log of logs.values()) {
    /** The latest text of each message by the events that posted and edited it. */
    const latest = new Map<number, string>();
    const lastHidden = new Map<number, number>();
    for (const event of log.events) {
      if (event.type === 'message.hidden') lastHidden.set(event.data.message, event.seq);
    }
    for (const event of log.events) {
      if (!isText(event)) continue;
      const message = messageOf(event);
      const isReplaced = event.data.body === '' && event.seq < (lastHidden.get(message) ?? 0);
      if (event.type !== 'message.unhidden') latest.set(message, event.data.body);
      else if (event.data.body !== latest.get(message) && !isReplaced) {
        const what = `message ${message} is shown with another text at ${event.seq} than before`;
        violations.push({ rule: 'I11 same state', stream: log.stream, what });
      }
    }
  }
  return violations;
}

/** I11: REST returns the messages that follow from the log, without those that have expired. */
function checkMessages(
  history: readonly HistoryRecord[],
  logs: ReadonlyMap<string, Log>,
): Violation[] {
  const violations: Violation[] = [];
  for (const { stream, messages } of of(history, 'messages')) {
    const log = logs.get(stream);
    const expected = log?.messages.filter((m) => m.seq > log.expiredUpTo) ?? [];
    if (expected.length !== messages.length) {
      violations.push({
        rule: 'I11 same state',
        stream,
        what: `${messages.length} messages, the log has ${expected.length}`,
      });
    }
    for (const [i, message] of messages.entries()) {
      if (JSON.stringify(message) === JSON.stringify(expected[i])) continue;
      violations.push({
        rule: 'I11 same state',
        stream,
        what: `message ${message.seq} differs from its events`,
      });
      break;
    }
  }
  return violations;
}
