import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { checkSecrets, secrets, secretsOf } from './secrets.mjs';

// Put together here, so that this file has no secret in it.
const random = ['q7Vd2LxN', '9sTf4GhK', 'e1RbZ8mC'].join('');
const hex = ['9f86d081884c7d65', '9a2feaa0c55ad015'].join('');
const dashes = '-'.repeat(5);
const kindsOf = (text: string) => secretsOf(text).map(({ kind }) => kind);

describe('a planted secret', () => {
  test.each([
    ['private key', `${dashes}BEGIN PRIVATE KEY${dashes}`],
    ['private key', `${dashes}BEGIN RSA PRIVATE KEY${dashes}`],
    ['private key', `  "${dashes}BEGIN OPENSSH PRIVATE KEY${dashes}\\nb3Bl`],
    ['private key', `${dashes}BEGIN PGP PRIVATE KEY BLOCK${dashes}`],
    ['AWS access key', `id: ${'AKIA'}IOSFODNN7EXAMPLE`],
    ['GitHub token', `curl -H "x: ${'ghp'}_${'a1B2'.repeat(9)}"`],
    ['GitHub token', `${'github'}_pat_${'a1B2_'.repeat(14)}`],
    ['GitLab token', `${'glpat'}-${random.slice(0, 20)}`],
    ['Slack token', `${'xoxb'}-123456789012-abcdef`],
    ['Slack webhook', `https://hooks.${'slack'}.com/services/T0000000/B0000000/x`],
    ['npm token', `${'npm'}_${'a1B2'.repeat(9)}`],
    ['Google API key', `${'AIza'}${'a1B2_'.repeat(7)}`],
    ['Stripe key', `${'sk'}_live_${random}`],
  ])('is recognized by its form: %s', (kind, text) => {
    expect(kindsOf(text)).toEqual([kind]);
  });

  test.each([
    `const apiKey = '${random}';`,
    `  password: "${random}",`,
    `{"client_secret": "${hex}"}`,
    `PARLEY_SECRET=${random}`,
    `export SMTP_PASSWORD=${hex}`,
    `METRICS_TOKEN_PRODUCTION: ${random}=`,
    `key=\`${random}\``,
  ])('is recognized by its name and its entropy: %s', (text) => {
    expect(kindsOf(text)).toEqual(['random value of a secret name']);
  });

  test('is recognized in a URL', () => {
    expect(kindsOf(`DATABASE_URL=postgres://parley:${random}@db/parley`)).toEqual([
      'password in a URL',
    ]);
  });

  test('is found in a long line without delay', () => {
    const filler = 'key = token: '.repeat(20_000);
    const start = performance.now();
    expect(kindsOf(`${filler}secret = '${random}'${filler}`)).toEqual([
      'random value of a secret name',
    ]);
    expect(performance.now() - start).toBeLessThan(5_000);
  });
});

test.each([
  "const key = '01890a5d-ac96-774b-bcce-b302099a8057';",
  "const secret = 'x'.repeat(32);",
  "password: 'correct horse battery staple'",
  'postgres://parley:password@db.example.org:5432/parley',
  'const token = await accounts.renewAccessToken2(session);',
  `"integrity": "sha512-${random}"`,
  "key: 'a-name-of-several-words-and-a-number-1'",
  'PARLEY_SECRET=$(openssl rand -base64 32)',
  `${dashes}BEGIN PUBLIC KEY${dashes}`,
])('%s is not a secret', (text) => {
  expect(secretsOf(text)).toEqual([]);
});

describe('a finding', () => {
  const kind = 'random value of a secret name';
  const file = { path: 'a/b.ts', text: `first\nconst key = '${random}';\n` };

  test('is reported with its place, without the secret', () => {
    const { problems, checked } = checkSecrets([file, { path: 'c.md', text: 'text' }], []);
    expect(problems).toEqual([`a/b.ts:2: ${kind}`]);
    expect(checked).toBe(2);
  });

  test('is allowed by path and kind only', () => {
    const entry = { path: 'a/b.ts', kind, reason: 'published by the test' };
    expect(checkSecrets([file], [entry]).problems).toEqual([]);
    expect(checkSecrets([{ ...file, path: 'c.ts' }], [entry]).problems).toEqual([
      `c.ts:2: ${kind}`,
      `a/b.ts: the allow list has “${kind}”, which was not found`,
    ]);
  });
});

// A downloaded archive of the sources has no list of tracked files.
const hasGit = existsSync(new URL('../../.git', import.meta.url));
test.skipIf(!hasGit)('no tracked file contains a secret', () => {
  const { problems, summary } = secrets();
  expect(problems).toEqual([]);
  expect(Number.parseInt(summary, 10)).toBeGreaterThan(300);
});
