import { expect, test } from 'vitest';
import { documentHtml } from './markdown-html.ts';

test('formats headings, paragraphs, code, tables and lists', () => {
  const { html, headings } = documentHtml(
    [
      '# The protocol',
      '',
      'Send `hello` <first>,',
      'see [errors](/docs/errors).',
      '',
      '```json',
      '{ "op": "<hello>" }',
      '',
      '**not strong**',
      '```',
      '',
      '| code | |',
      '|---|---|',
      '| 1009 | too long |',
      '',
      '- one,',
      '  continued',
      '- two',
      '',
      '1. first',
      '2. second',
    ].join('\n'),
  );
  expect(headings).toEqual([{ id: 'the-protocol', level: 1, text: 'The protocol' }]);
  expect(html.split('\n')).toEqual([
    '<h1 id="the-protocol">The protocol</h1>',
    '<p>Send <code>hello</code> &#60;first&#62;,',
    'see <a href="/docs/errors">errors</a>.</p>',
    '<pre><code>{ &#34;op&#34;: &#34;&#60;hello&#62;&#34; }',
    '',
    '**not strong**</code></pre>',
    '<table><thead><tr><th>code</th><th></th></tr></thead>' +
      '<tbody><tr><td>1009</td><td>too long</td></tr></tbody></table>',
    '<ul><li>one,',
    '  continued</li><li>two</li></ul>',
    '<ol><li>first</li><li>second</li></ol>',
  ]);
});
