import { expect, test } from 'vitest';
import { isListed, refusalOfAdmission } from './admission.ts';

const DOMAINS = ['example.org', 'bücher.example'];

test.each([
  // mode, email, invited, first, the refusal
  ['open', 'ann@elsewhere.example', false, false, undefined],
  ['closed', 'ann@example.org', true, false, 'registration_closed'],
  ['closed', 'ann@example.org', false, true, undefined],
  ['invite', 'ann@example.org', false, false, 'invitation_required'],
  ['invite', 'ann@example.org', true, false, undefined],
  ['invite', 'ann@example.org', false, true, undefined],
  ['domain', 'ann@example.org', false, false, undefined],
  ['domain', 'ann@elsewhere.example', false, false, 'invitation_required'],
  ['domain', 'ann@elsewhere.example', true, false, undefined],
] as const)('registration %s: %s, invited %s, first %s', (mode, email, invited, first, code) => {
  const setting = { mode, domains: DOMAINS } as Parameters<typeof refusalOfAdmission>[0];
  expect(refusalOfAdmission(setting, { email, invited, first })?.code).toBe(code);
});

test.each([
  ['ann@example.org', true],
  ['ANN@EXAMPLE.ORG', true],
  ['ann@BÜCHER.example', true],
  ['ann@xn--bcher-kva.example', true],
  ['ann@sub.example.org', false],
  ['ann@notexample.org', false],
  ['ann@example.org.elsewhere.example', false],
  ['"a@example.org"@elsewhere.example', false],
])('domains are compared as a whole, as DNS compares them: %s', (email, listed) => {
  expect(isListed(DOMAINS, email)).toBe(listed);
});
