import type { HistoryRecord } from './history.ts';
import { isText, type Log, messageOf } from './log.ts';
import { messagesOf } from './model.ts';
import { of, type Violation } from './violation.ts';

/** The founder of a group is told of its making by the event before the own joining. */
const FIRST_MAX = 3;

/** What the logs have to be in themselves, and what REST has to make of them. */
export function checkLogs(
  history: readonly HistoryRecord[],
  logs: ReadonlyMap<string, Log>,
): Violation[] {
  return [
    ...checkDense(logs),
    ...checkWriters(logs),
    ...checkDeleted(logs),
    ...checkMessages(history, logs),
  ];
}

/** I2, I4: every log is dense, and no client id stands in any of them twice. */
function checkDense(logs: ReadonlyMap<string, Log>): Violation[] {
  const found: Violation[] = [];
  const places = new Map<string, string>();
  for (const { stream, first, events } of logs.values()) {
    if (first > FIRST_MAX) {
      found.push({ rule: 'I4 dense', stream, what: `its founder sees it from ${first} on only` });
    }
    for (const [i, event] of events.entries()) {
      if (event.seq !== first + i) {
        found.push({
          rule: 'I4 dense',
          stream,
          what: `seq ${event.seq} stands where ${first + i} should`,
        });
        break;
      }
      if (event.client === null) continue;
      const id = `${event.actor} ${event.client}`;
      const place = `${stream} ${event.seq}`;
      const other = places.get(id);
      if (other) {
        found.push({
          rule: 'I2 once',
          stream,
          id: event.client,
          what: `at ${other} and at ${place}`,
        });
      }
      places.set(id, place);
    }
  }
  return found;
}

/** I10: whoever wrote was a member when it was written. */
function checkWriters(logs: ReadonlyMap<string, Log>): Violation[] {
  const found: Violation[] = [];
  for (const log of logs.values()) {
    for (const event of log.events) {
      const { stream, seq, actor, type } = event;
      if (!type.startsWith('message.') && !type.startsWith('reaction.')) continue;
      if (log.stayAt(actor, seq)) continue;
      found.push({
        rule: 'I10 members only',
        stream,
        ...(event.client && { id: event.client }),
        what: `${type} at ${seq} by somebody who was no member`,
      });
    }
  }
  return found;
}

/** I11: of a deleted message no text is left. */
function checkDeleted(logs: ReadonlyMap<string, Log>): Violation[] {
  const found: Violation[] = [];
  for (const log of logs.values()) {
    for (const event of log.events) {
      if (!isText(event) || event.data.body === '' || !log.isDeleted(messageOf(event))) continue;
      const what = `the text of the deleted message ${messageOf(event)} still stands at ${event.seq}`;
      found.push({ rule: 'I11 same state', stream: log.stream, what });
    }
  }
  return found;
}

/** I11: the messages that REST shows are what the log comes to. */
function checkMessages(
  history: readonly HistoryRecord[],
  logs: ReadonlyMap<string, Log>,
): Violation[] {
  const found: Violation[] = [];
  for (const { stream, messages } of of(history, 'messages')) {
    const expected = messagesOf(logs.get(stream)?.events ?? []);
    if (expected.length !== messages.length) {
      found.push({
        rule: 'I11 same state',
        stream,
        what: `${messages.length} messages, the log has ${expected.length}`,
      });
    }
    for (const [i, message] of messages.entries()) {
      if (JSON.stringify(message) === JSON.stringify(expected[i])) continue;
      found.push({
        rule: 'I11 same state',
        stream,
        what: `message ${message.seq} is not what its events come to`,
      });
      break;
    }
  }
  return found;
}
