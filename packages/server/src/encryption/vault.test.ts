import { expect, test } from 'vitest';
import { Vault } from './vault.ts';

const vault = new Vault('s'.repeat(40));

test('a sealed value can be opened, and is sealed differently each time', () => {
  const sealed = vault.seal('email', 'the code is 123 456 – ü');
  expect(vault.open('email', sealed)).toBe('the code is 123 456 – ü');
  expect(vault.seal('email', 'x').equals(vault.seal('email', 'x'))).toBe(false);
  expect(sealed.toString('latin1')).not.toContain('123');
});

test('another use, another secret and a changed byte are rejected', () => {
  const sealed = vault.seal('email', 'text');
  expect(() => vault.open('totp', sealed)).toThrow();
  expect(() => new Vault('t'.repeat(40)).open('email', sealed)).toThrow();
  for (let i = 0; i < sealed.length; i++) {
    const changed = Buffer.from(sealed);
    changed[i] = (changed[i] ?? 0) ^ 1;
    expect(() => vault.open('email', changed)).toThrow();
  }
  expect(() => vault.open('email', sealed.subarray(0, 20))).toThrow();
});

test('a keyed hash depends on the text, the use and the secret', () => {
  const hash = vault.mac('codes', '123456');
  expect(vault.mac('codes', '123456').equals(hash)).toBe(true);
  expect(vault.mac('codes', '123457').equals(hash)).toBe(false);
  expect(vault.mac('other', '123456').equals(hash)).toBe(false);
  expect(new Vault('t'.repeat(40)).mac('codes', '123456').equals(hash)).toBe(false);
});
