import { LIMITS } from '@parley/protocol';
import { expect, test } from 'vitest';
import { linksToPreview } from './link-previews.ts';

const OWN = 'https://chat.example';

test('the first links of a text get previews, but not those to the server itself', () => {
  const links = Array.from(
    { length: LIMITS.previewsPerMessage + 1 },
    (_, n) => `https://a.example/${n}`,
  );
  const own = [`${OWN}/c/1#message-2`, `${OWN}/saved`, `${OWN}`];
  expect(linksToPreview([...own, ...links].join(' '), OWN)).toEqual(links.slice(0, -1));
  expect(linksToPreview(`${OWN}:8443/ http://chat.example/`, OWN)).toHaveLength(2);
});

test('a link that is too long for a preview has none', () => {
  const long = `https://a.example/${'a'.repeat(LIMITS.previewUrlCharacters)}`;
  expect(linksToPreview(`${long} https://a.example/b`, OWN)).toEqual(['https://a.example/b']);
});

test('a link that is no valid URL has no preview, but the others of the message have theirs', () => {
  const invalid = [
    'http://999.1.1.1/',
    'http://[fe80::1%25lo]/a',
    'http://a:99999/',
    'http://xn--/',
  ];
  const text = [...invalid, 'https://a.example/b'].join(' ');
  expect(linksToPreview(text, OWN)).toEqual(['https://a.example/b']);
});
