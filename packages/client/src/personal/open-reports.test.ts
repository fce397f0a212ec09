import type { AccountId, ConversationId, Event, OpenReportsAnswer } from '@parley/protocol';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ApiError } from '../api/api-error.ts';
import { OpenReports, type OpenReportsSnapshot } from './open-reports.ts';

const ME = 'me' as AccountId;
const GROUP = 'group' as ConversationId;

let answers: (() => Promise<OpenReportsAnswer>)[];
let requests: number;
let latest: OpenReportsSnapshot;
let reports: OpenReports;

const answer = (open: number) => async (): Promise<OpenReportsAnswer> => ({
  open,
  conversations: open > 0 ? [{ conversation: GROUP, open }] : [],
});

beforeEach(() => {
  vi.useFakeTimers();
  answers = [];
  requests = 0;
  reports = new OpenReports({
    load: () => {
      requests++;
      return (answers.shift() ?? answer(0))();
    },
    me: () => ME,
    changed: (snapshot) => {
      latest = snapshot;
    },
  });
});
afterEach(() => {
  vi.useRealTimers();
});

test('nothing is counted before the first request', async () => {
  reports.moved();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(requests).toBe(0);
  answers = [answer(2)];
  await reports.load();
  await reports.load();
  expect(requests).toBe(1);
  expect(latest.open).toBe(2);
  expect(latest.conversations.get(GROUP)).toBe(2);
});

test('pings count again once a minute', async () => {
  await vi.advanceTimersByTimeAsync(40_000);
  await reports.load();
  await vi.advanceTimersByTimeAsync(50_000);
  reports.refresh();
  await vi.advanceTimersByTimeAsync(9_000);
  expect(requests).toBe(1);
  await vi.advanceTimersByTimeAsync(1_000);
  reports.refresh();
  await vi.advanceTimersByTimeAsync(2_000);
  expect(requests).toBe(2);
});

test('many changes cause one count, and changes during the count another', async () => {
  await reports.load();
  for (let n = 0; n < 20; n++) reports.moved();
  await vi.advanceTimersByTimeAsync(1_500);
  expect(requests).toBe(2);
  let answerNow: (open: OpenReportsAnswer) => void = () => undefined;
  answers = [() => new Promise((resolve) => (answerNow = resolve)), answer(3)];
  reports.moved();
  await vi.advanceTimersByTimeAsync(1_500);
  reports.moved();
  await vi.advanceTimersByTimeAsync(1_500);
  answerNow({ open: 1, conversations: [] });
  await vi.advanceTimersByTimeAsync(0);
  expect(requests).toBe(4);
  expect(latest.open).toBe(3);
});

test('open reports are counted again after a minute, and after a failure', async () => {
  await reports.load();
  reports.refresh();
  await vi.advanceTimersByTimeAsync(59_000);
  expect(requests).toBe(1);
  answers = [() => Promise.reject(new ApiError('network', 'No answer')), answer(4)];
  for (let n = 0; n < 2; n++) {
    await vi.advanceTimersByTimeAsync(60_000);
    reports.refresh();
  }
  await vi.advanceTimersByTimeAsync(1);
  expect(requests).toBe(3);
  expect(latest.open).toBe(4);
});

test('a change of the account’s own role causes a count, one of another account’s does not', async () => {
  await reports.load();
  const changed = (account: AccountId) =>
    reports.applied({ type: 'member.role_changed', data: { account } } as Event);
  changed('other' as AccountId);
  await vi.advanceTimersByTimeAsync(5_000);
  expect(requests).toBe(1);
  changed(ME);
  await vi.advanceTimersByTimeAsync(0);
  expect(requests).toBe(2);
});

test('the count of an earlier account is dropped', async () => {
  answers = [answer(5)];
  await reports.load();
  let answerNow: (open: OpenReportsAnswer) => void = () => undefined;
  answers = [() => new Promise((resolve) => (answerNow = resolve))];
  reports.moved();
  await vi.advanceTimersByTimeAsync(1_500);
  reports.clear();
  expect(latest.open).toBe(0);
  answerNow({ open: 6, conversations: [] });
  await vi.advanceTimersByTimeAsync(5_000);
  expect(latest.open).toBe(0);
});
