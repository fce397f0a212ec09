import { expect, test } from 'vitest';
import { weaknessOf } from './strength.ts';

test.each([
  '1234567890',
  'qwertyuiop',
  'password12',
  'P@ssw0rd123',
  'iloveyou12',
  'aaaaaaaaaaaa',
  'abcabcabcabc',
  'unbelievable',
  'x'.repeat(1_000),
])('%s is weak', async (password) => {
  expect(await weaknessOf(password, [])).toMatch(/leaked|easy to guess/);
});

test('so are the names of its account', async () => {
  const about = ['annemarie', 'Annemarie Example', 'annemarie@example.org'];
  expect(await weaknessOf('annemarie1', about)).not.toBeNull();
  expect(await weaknessOf('Annemarie Example', about)).not.toBeNull();
});

test.each([
  'parley2026!',
  'ParleyParley1',
  'P4rley-2026',
  'p@rl3y!2026',
  'yelrap2026!!',
  'parleychat1',
  'ParleyServer1!',
  'parley-password',
  'IloveParley1',
  'annakowalski1',
  'Anna!Kowalski!2026',
  'acmecorp2026',
  'AcmeCorp!Chat1',
  'parley.acme.2026',
  'acme-parley-anna',
])('so is what names are built into: %s', async (password) => {
  const about = ['anna', 'Anna Kowalski', 'anna@example.org', 'https://chat.acme-corp.io'];
  expect(await weaknessOf(password, about)).not.toBeNull();
});

test.each([
  'parley correct horse',
  'anna und vier Möwen',
  'a channel for otters',
  'G7#kparley!pqZw2x',
])('a name in it spoils no good password: %s', async (password) => {
  const about = ['anna', 'Anna Kowalski', 'ann', 'https://chat.acme-corp.io'];
  expect(await weaknessOf(password, about)).toBeNull();
});

test.each([
  'correct horse battery',
  'vier wilde Möwen',
  'Tr0ub4dor&3zz',
  'tiger!lamp',
  '日本語のパスワードです',
])('%s is not', async (password) => {
  expect(await weaknessOf(password, ['ann'])).toBeNull();
});

test('judges a long password quickly', async () => {
  await weaknessOf('warm up the lists', []);
  const before = process.cpuUsage();
  await weaknessOf('ab12'.repeat(256), []);
  // Microseconds of processor time, of which the whole password would take several million.
  expect(process.cpuUsage(before).user).toBeLessThan(1_000_000);
});
