import type { AuditLogEntry } from '@parley/protocol';
import { expect, test } from 'vitest';
import { csvLineOf } from './audit-entries.ts';

const ENTRY: AuditLogEntry = {
  id: '0197a000-0000-7000-8000-000000000001',
  at: '2026-01-02T03:04:05.678Z',
  event: 'settings_changed',
  outcome: 'succeeded',
  account: null,
  accountName: null,
  actor: null,
  actorName: null,
  address: '::1',
  count: 1,
  details: {},
};

test('an entry is a line of CSV with quoted details', () => {
  const line = csvLineOf({ ...ENTRY, details: { name: '"Lab"', fields: ['a', 'b'] } });
  expect(line).toBe(
    '0197a000-0000-7000-8000-000000000001,2026-01-02T03:04:05.678Z,settings_changed,succeeded,,,,,::1,1,' +
      '"{""name"":""\\""Lab\\"""",""fields"":[""a"",""b""]}"\r\n',
  );
});

test.each(['=1+1', '+1', '-1', '@sum', '\tx'])('%j is marked as text for spreadsheets', (name) => {
  expect(csvLineOf({ ...ENTRY, accountName: name })).toContain(`,'${name},`);
});
