import { expect, test } from 'vitest';
import { sizeText } from './bytes.ts';

test.each([
  [0, '0 bytes'],
  [1, '1 byte'],
  [812, '812 bytes'],
  [1_000, '1 kB'],
  [1_240_000, '1.2 MB'],
  [48_200_000_000, '48 GB'],
])('%i bytes are shown as %s', (bytes, text) => {
  expect(sizeText(bytes)).toBe(text);
});
