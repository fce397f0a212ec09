import { expect, test } from 'vitest';
import { webhookText } from './webhook-text.ts';

test.each([
  ['*bold* and ~gone~, _kept_', '**bold** and ~~gone~~, _kept_'],
  ['**bold** is Markdown already', '**bold** is Markdown already'],
  ['2 * 3 * 4, a*b*c', '2 * 3 * 4, a*b*c'],
  ['<https://ci.example/1|build [1]>', '[build \\[1\\]](https://ci.example/1)'],
  ['see <https://ci.example/?a=1&amp;b=2>', 'see https://ci.example/?a=1&b=2'],
  ['<!channel> <!here> <@U024BE7LH>', '@everyone @here <@U024BE7LH>'],
  ['&amp;lt;b&amp;gt; and &lt;b&gt;', '&lt;b&gt; and <b>'],
  ['<javascript:alert(1)|click>', '<javascript:alert(1)|click>'],
  ['`a *b*` and\n```\n*c* &lt;d&gt;\n```', '`a *b*` and\n```\n*c* <d>\n```'],
])('converts %j', (text, expected) => {
  expect(webhookText({ text })).toBe(expected);
});

test('contains the attachments after the text', () => {
  const attachments = [
    {
      title: 'CPU is high',
      title_link: 'https://grafana.example/d/1',
      text: 'on *db-1*',
      fallback: 'CPU is high on db-1',
      fields: [{ title: 'value', value: '97 %' }],
    },
    { fallback: 'only a fallback' },
  ];
  expect(webhookText({ text: 'Alert', attachments })).toBe(
    'Alert\n\n[CPU is high](https://grafana.example/d/1)\non **db-1**\n**value:** 97 %\n\nonly a fallback',
  );
});

test('contains the blocks only without a text', () => {
  const blocks = [{ text: { text: 'Deployed' } }, {}, { text: { text: 'by ann' } }];
  expect(webhookText({ blocks })).toBe('Deployed\n\nby ann');
  expect(webhookText({ text: 'Deployed by ann', blocks })).toBe('Deployed by ann');
});
