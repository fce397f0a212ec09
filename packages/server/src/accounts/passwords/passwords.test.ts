import { expect, test } from 'vitest';
import { Passwords, refuseOverload } from './passwords.ts';

test('a password matches the hash of itself alone', async () => {
  const passwords = new Passwords();
  const stored = await passwords.hash('correct horse battery');
  expect(stored).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  expect(await passwords.verify(stored, 'correct horse battery')).toBe(true);
  expect(await passwords.verify(stored, 'correct horse batter')).toBe(false);
  // Compared with a decoy, which is the hash of no password.
  for (const password of ['', 'correct horse battery']) {
    expect(await passwords.verify(null, password)).toBe(false);
  }
});

test('work is done two at a time, and refused when too much waits', async () => {
  const passwords = new Passwords();
  const done: number[] = [];
  const all = Array.from({ length: 101 }, (_, n) =>
    passwords.verify('no hash', 'x').then(
      () => done.push(n),
      () => done.push(n),
    ),
  );
  expect(passwords.overload).toBeNull();
  expect(() => refuseOverload(passwords)).not.toThrow();
  all.push(passwords.verify('no hash', 'x').then(undefined, () => done.push(101)));
  expect(passwords.overload).toMatchObject({ code: 'overloaded', retryAfter: 5 });
  expect(() => refuseOverload(passwords)).toThrow();
  await Promise.all(all);
  // A failed task frees its slot for the next.
  expect(done.sort((a, b) => a - b)).toEqual(Array.from({ length: 102 }, (_, n) => n));
  expect(passwords.overload).toBeNull();
  const stored = await passwords.hash('the next one');
  expect(await passwords.verify(stored, 'the next one')).toBe(true);
});
