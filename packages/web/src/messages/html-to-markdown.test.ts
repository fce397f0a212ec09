import { parseMarkdown } from '@parley/protocol/markdown';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { htmlToMarkdown } from './html-to-markdown.ts';

describe('rich text from the clipboard', () => {
  test.each([
    ['<p>plain</p>', 'plain'],
    [
      '<b>bold</b> and <i>italic</i>, <s>gone</s>, <code>x</code>',
      '**bold** and _italic_, ~~gone~~, `x`',
    ],
    ['<b>bold </b>next', '**bold** next'],
    ['<b>one</b><b> two</b><b>three</b>', '**one** **twothree**'],
    ['<h2>Title <b>x</b></h2><p>text</p>', '**Title x**\n\ntext'],
    ['<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>', '- a\n  - b\n- c'],
    ['<ol start="3"><li>a</li><li>b</li></ol>', '3. a\n4. b'],
    ['<blockquote><p>said</p></blockquote>', '> said'],
    ['<pre><code class="language-ts">a\n  b</code></pre>', '```ts\na\n  b\n```'],
    ['one<br>two', 'one\ntwo'],
    ['<a href="https://a.example/x_y">site</a>', '[site](https://a.example/x_y)'],
    ['<a href="https://a.example/x_y_z">https://a.example/x_y_z</a>', 'https://a.example/x_y_z'],
    ['<a href="https://a.example/">https://a.example</a>', 'https://a.example'],
    ['<a href="javascript:alert(1)">site</a> <a href="#top">top</a>', 'site top'],
    ['<img src="https://a.example/i.png" alt="Cat">', '[Cat](https://a.example/i.png)'],
    ['<img src="data:image/png;base64,AAAA">', ''],
    ['a snake_case_name costs 2 * 3', 'a snake_case_name costs 2 * 3'],
    ['2 * 3 *not bold* [x](y)', '2 \\* 3 \\*not bold\\* \\[x]\\(y)'],
    ['<p>one</p><hr><p>two</p>', 'one\n\ntwo'],
    [
      '<table><tr><th>a</th><th>b</th></tr><tr><td>1<br>2</td><td><b>3</b></td></tr></table>',
      '| a | b |\n| - | - |\n| 1 2 | **3** |',
    ],
  ])('%j is Markdown', (html, expected) => {
    expect(htmlToMarkdown(html)).toBe(expected);
  });

  test('from Google Docs has its styles as Markdown', () => {
    const html = `<meta charset="utf-8"><b style="font-weight:normal;" id="docs-internal-guid-1"><p dir="ltr"><span
      style="font-weight:400;font-style:normal">plain </span><span style="font-weight:700;font-style:italic">both</span><span
      style="font-weight:400;text-decoration:line-through"> gone</span></p></b>`;
    expect(htmlToMarkdown(html)).toBe('plain _**both**_ ~~gone~~');
  });

  test('from Excel is a table', () => {
    const html =
      '<html><head><style>td {color:red}</style></head><body><table><!--StartFragment--><tr><td>1</td><td>2</td></tr><!--EndFragment--></table></body></html>';
    expect(htmlToMarkdown(html)).toBe('| | |\n| - | - |\n| 1 | 2 |');
  });

  test('has no scripts, styles or comments', () => {
    const html =
      'a<script>alert(1)</script><style>b{}</style><!--c--><iframe src="https://x.example"></iframe>';
    expect(htmlToMarkdown(html)).toBe('a');
  });
});

/** The text that a message shows, without spaces. */
const textOf = (value: unknown): string =>
  Array.isArray(value)
    ? value.map(textOf).join('')
    : typeof value !== 'object' || value === null
      ? ''
      : 'text' in value
        ? String(value.text)
        : Object.values(value).map(textOf).join('');

test('no text is lost or formatted by its own signs', () => {
  const text = fc
    .stringMatching(/^[a-z*_~`[\]()<>#+.!|\\ -]{1,20}$/)
    .filter((one) => /[a-z]/.test(one));
  const escaped = (value: string) => value.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  fc.assert(
    fc.property(fc.array(text, { minLength: 1, maxLength: 4 }), (texts) => {
      const html = texts.map((one) => `<p>${escaped(one)}</p>`).join('');
      const bare = (value: string) => value.replace(/\s+/g, '');
      expect(bare(textOf(parseMarkdown(htmlToMarkdown(html))))).toBe(bare(texts.join('')));
    }),
  );
});
