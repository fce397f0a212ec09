import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AuditBudget } from './budget.ts';
import { AUDIT_EVENTS, type AuditEvent } from './events.ts';

const kinds = Object.keys(AUDIT_EVENTS) as AuditEvent[];

test('for each address a few events of unauthenticated callers are stored, and the rest are counted', () => {
  const budget = new AuditBudget();
  const stored = Array.from({ length: 50 }, () => budget.admit('login_failed', '192.0.2.1'));
  expect(stored.filter(Boolean)).toHaveLength(20);
  expect(stored.slice(0, 20).every(Boolean)).toBe(true);
  expect(budget.admit('login_failed', '192.0.2.2')).toBe(true);
  expect(budget.drain()).toEqual([{ event: 'login_failed', key: '192.0.2.1', count: 30 }]);
  expect(budget.drain()).toEqual([]);
  expect(budget.admit('login_failed', '192.0.2.1')).toBe(true);
});

test('after an hour, events of unauthenticated callers are stored again', () => {
  const budget = new AuditBudget();
  const admit = (n: number) => budget.admit('login_failed', `10.0.0.${n}`);
  expect(Array.from({ length: 300 }, (_, n) => admit(n)).filter(Boolean)).toHaveLength(200);
  budget.drain();
  expect(Array.from({ length: 300 }, (_, n) => admit(n)).filter(Boolean)).toHaveLength(200);
});

test('every admin operation is stored', () => {
  const budget = new AuditBudget();
  for (let n = 0; n < 5_000; n++) expect(budget.admit('role_changed', 'admin')).toBe(true);
  expect(budget.drain()).toEqual([]);
});

test('the rows of unauthenticated callers are limited, and no counts are lost', () => {
  const unauthenticated = kinds.filter((kind) => AUDIT_EVENTS[kind].rate === 'unauthenticated');
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.constantFrom(...unauthenticated), fc.integer({ min: 0, max: 2_000 })), {
        minLength: 500,
        maxLength: 3_000,
      }),
      (events) => {
        const budget = new AuditBudget();
        const stored = events.filter(([event, n]) => budget.admit(event, `10.0.0.${n}`)).length;
        const sums = budget.drain();
        expect(stored).toBeLessThanOrEqual(200);
        expect(sums.length).toBeLessThanOrEqual(100 + unauthenticated.length);
        expect(stored + sums.reduce((all, { count }) => all + count, 0)).toBe(events.length);
      },
    ),
    { numRuns: 30 },
  );
}, 60_000);

test('each account has a budget of its own', () => {
  const budget = new AuditBudget();
  for (let n = 0; n < 1_000; n++) budget.admit('login_succeeded', 'one');
  expect(budget.admit('login_succeeded', 'two')).toBe(true);
});

test('every kind of event is described in docs/audit-log.md', () => {
  const doc = readFileSync(new URL('../../../../docs/audit-log.md', import.meta.url), 'utf8');
  const rows = kinds.map((kind) => `| \`${kind}\` | ${AUDIT_EVENTS[kind].description} |`);
  for (const row of rows) expect(doc).toContain(row);
  const listed = [...doc.matchAll(/^\| `([a-z_]+)` \| /gm)].map(([, name]) => name);
  for (const kind of kinds) expect(listed).toContain(kind);
});
