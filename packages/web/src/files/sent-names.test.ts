import type { FileId } from '@parley/protocol';
import { expect, test } from 'vitest';
import { namesOfSent, rememberName } from './sent-names.ts';

const id = (n: number) => `0197a000-0000-7000-8000-${String(n).padStart(12, '0')}` as FileId;

test('names are known in the order of the message, up to a number of files', () => {
  rememberName({ id: id(1), name: 'one.txt' });
  rememberName({ id: id(2), name: 'two.txt' });
  expect(namesOfSent([id(2), id(1)])).toEqual(['two.txt', 'one.txt']);
  expect(namesOfSent([id(1), id(3)])).toBeNull();
  for (let n = 3; n <= 201; n++) rememberName({ id: id(n), name: `${n}` });
  expect(namesOfSent([id(1)])).toBeNull();
  expect(namesOfSent([id(2)])).toEqual(['two.txt']);
});
