import type { Event } from '@parley/protocol';
import { expect, test } from 'vitest';
import type { HistoryRecord } from '../history/history.ts';
import { withoutLost } from './without-lost.ts';

const connect = (client: string, t: number): HistoryRecord => ({ kind: 'connect', client, t });
const ack = (client: string, t: number): HistoryRecord => ({
  kind: 'ack',
  client,
  id: 'c1',
  stream: 'group',
  seq: 5,
  t,
});
const post = { stream: 'group', seq: 5, at: 't5', actor: 'ann', client: 'c1' } as Event;
const RESTORED: HistoryRecord = { kind: 'restored', epoch: '2', lost: [post], t: 1_000 };

test('an answer that arrives over a connection from before a restore does not count', () => {
  const read = ack('ann', 1_600);
  expect(withoutLost([connect('ann', 0), RESTORED, read])).not.toContain(read);
});

test('an answer that arrives over a later connection counts', () => {
  const again = ack('ann', 1_600);
  expect(withoutLost([connect('ann', 0), RESTORED, connect('ann', 1_500), again])).toContain(again);
});

test('the answer to a request counts unless it arrives right after the restore', () => {
  const request: HistoryRecord = {
    ...{ kind: 'invoke', client: 'ann!c1', account: 'ann', id: 'c1', op: 'post', t: 900 },
    conversation: 'group',
  };
  const [late, early] = [ack('ann', 1_600), ack('ann', 1_100)];
  const kept = withoutLost([connect('ann', 0), request, RESTORED, early, late]);
  expect([kept.includes(early), kept.includes(late)]).toEqual([false, true]);
});

test('the answer to another command at the place of a lost event counts', () => {
  const other = { ...ack('ann', 1_600), id: 'c2' } as HistoryRecord;
  expect(withoutLost([connect('ann', 0), RESTORED, other])).toContain(other);
});

test('the answer to a command that the log has at its place counts, however early it arrives', () => {
  const early = { ...ack('ann', 1_100), id: 'c2' } as HistoryRecord;
  const events = [{ ...post, client: 'c2' } as Event];
  const log: HistoryRecord = { kind: 'log', stream: 'group', first: 5, events };
  expect(withoutLost([connect('ann', 0), RESTORED, early, log])).toContain(early);
  expect(withoutLost([connect('ann', 0), RESTORED, early])).not.toContain(early);
});

test('the answer to a command that was stored at the same place before and after a restore is ambiguous', () => {
  const early = ack('ann', 1_100);
  const log: HistoryRecord = { kind: 'log', stream: 'group', first: 5, events: [post] };
  expect(withoutLost([connect('ann', 0), RESTORED, early, log])).not.toContain(early);
});
