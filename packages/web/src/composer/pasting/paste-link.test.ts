import { expect, test } from 'vitest';
import { after, field } from '../../lib/field-text.test-support.ts';
import { linkOfPaste } from './paste-link.ts';

test('pasting a URL over a word makes the word a link', () => {
  const pasted = (marked: string, url: string) =>
    after(field(marked), linkOfPaste(url, field(marked)));
  expect(pasted('see |this| page', 'https://a.example/x')).toBe(
    'see [this](https://a.example/x)| page',
  );
  expect(pasted('see | page', 'https://a.example/x')).toBe(null);
  expect(pasted('see |this|', 'no url')).toBe(null);
  expect(pasted('|https://b.example|', 'https://a.example')).toBe(null);
  expect(pasted('|a]b|', 'https://a.example')).toBe(null);
});
