import { expect, test } from 'vitest';
import { FAULTS } from './fault-names.ts';
import { type Options, planRun } from './plan.ts';

const options: Options = {
  seed: 7,
  mode: 'chaos',
  clients: 50,
  guests: 4,
  conversations: 20,
  nodes: 2,
  redis: true,
  rounds: 3,
  roundMs: 2_000,
  commandsPerSecond: 100,
  threads: true,
  faults: FAULTS,
  faultsPerRound: 3,
  deadlineMs: 20_000,
};

test('the same seed gives the same commands and faults', () => {
  expect(planRun(options)).toEqual(planRun(options));
  expect(planRun({ ...options, seed: 8 }).rounds).not.toEqual(planRun(options).rounds);
});

test('a plan has the default group, direct conversations and small groups with their founders', () => {
  const { conversations, accounts } = planRun(options);
  expect(conversations).toHaveLength(20);
  expect(conversations[0]).toMatchObject({ kind: 'everyone' });
  expect(conversations[0]?.members).toHaveLength(accounts - 4);
  for (const kind of ['direct', 'group']) {
    expect(conversations.filter((c) => c.kind === kind).length).toBeGreaterThan(3);
  }
  expect(new Set(conversations.flatMap((c) => c.members)).size).toBe(accounts);
});

test('a plan has every kind of client and command', () => {
  const { clients, rounds } = planRun({ ...options, rounds: 6 });
  expect(new Set(clients.map((c) => c.style)).size).toBe(6);
  expect(clients.filter((c) => c.indexedDb).length).toBeGreaterThan(2);
  const ops = new Set(rounds.flatMap((r) => r.steps.map((s) => s.op)));
  expect([...ops].sort()).toEqual(
    'add away close delete edit follow hide join leave look pin poll post react read read-thread remove reply unfollow unhide unpin unread unreact vote'
      .split(' ')
      .sort(),
  );
  for (const { steps } of rounds) {
    expect(steps.every((s, i) => s.at >= (steps[i - 1]?.at ?? 0) && s.at < 2_000)).toBe(true);
  }
});

test('a plan without threads has posts instead of replies', () => {
  const steps = planRun({ ...options, threads: false, guests: 0, rounds: 6 }).rounds.flatMap(
    (r) => r.steps,
  );
  const { length } = steps.filter(({ op }) => op === 'post');
  expect(length).toBeGreaterThan(steps.length / 2);
  const ops = new Set<string>(steps.map((s) => s.op));
  for (const op of ['reply', 'poll', 'vote', 'close', 'follow', 'unfollow', 'read-thread'])
    expect(ops.has(op)).toBe(false);
  expect(steps.some(({ text }) => text.includes('@'))).toBe(false);
});
