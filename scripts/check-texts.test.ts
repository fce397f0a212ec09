import { expect, test } from 'vitest';
import { hardCodedTexts, hardCodedTextsOfWeb } from './check-texts.mjs';

const textsOf = (source: string) => hardCodedTexts(source, 'a.tsx').map(({ text }) => text);

test.each([
  ['text between tags', '<p>Save {n} changes</p>', ['Save', 'changes']],
  ['a lower-case word', '<span className="sr-only"> unread</span>', ['unread']],
  ['a text attribute', '<input placeholder="search" aria-label="Search" />', ['search', 'Search']],
  ['both branches of a condition', `<p>{isOn ? 'on' : 'off'}</p>`, ['on', 'off']],
  ['a fallback', `<p>{name ?? 'someone'}</p>`, ['someone']],
  ['a condition in an attribute', `<Card title={isNew ? 'New' : t('a.b')} />`, ['New']],
  ['a template in an attribute', `<IconButton label={\`Remove \${name}\`} />`, ['Remove']],
  ['a sentence in a call', `toast('Message sent to all')`, ['Message sent to all']],
  ['a sentence in a constant', `const a = { text: \`Sent by \${name}\` }`, ['Sent by']],
])('%s is found', (_, source, texts) => {
  expect(textsOf(source)).toEqual(texts);
});

test.each([
  ['texts of the catalog', `<p title={t('a.b')}>{t('a.c', { name })} · {count}</p>`],
  ['other attributes', '<a className="Big link" href="/x" rel="noopener">{name}</a>'],
  ['comparisons', `<p>{state === 'active' && <Dot />}</p>`],
  ['the name of the product', '<span>Parley</span>'],
  [
    'messages for developers',
    `console.warn('Not stored:', e); throw new Error('No session here');`,
  ],
])('%s is accepted', (_, source) => {
  expect(textsOf(source)).toEqual([]);
});

test('a finding says where the text is', () => {
  expect(hardCodedTexts('\nconst a = <p>\n  Save\n</p>;', 'a.tsx')).toEqual([
    { text: 'Save', file: 'a.tsx', line: 2 },
  ]);
});

test('the web client has none', () => {
  expect(hardCodedTextsOfWeb()).toEqual([]);
});
