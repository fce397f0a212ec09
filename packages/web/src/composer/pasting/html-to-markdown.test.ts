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

  test('text from Google Docs keeps its styles', () => {
    const html = `<meta charset="utf-8"><b style="font-weight:normal;" id="docs-internal-guid-1"><p dir="ltr"><span
      style="font-weight:400;font-style:normal">plain </span><span style="font-weight:700;font-style:italic">both</span><span
      style="font-weight:400;text-decoration:line-through"> gone</span></p></b>`;
    expect(htmlToMarkdown(html)).toBe('plain _**both**_ ~~gone~~');
  });

  test('cells from Excel become a table', () => {
    const html =
      '<html><head><style>td {color:red}</style></head><body><table><!--StartFragment--><tr><td>1</td><td>2</td></tr><!--EndFragment--></table></body></html>';
    expect(htmlToMarkdown(html)).toBe('| 1 | 2 |\n| - | - |');
  });

  test('text from Word keeps its lists, including nested and numbered ones', () => {
    const bullet = (level: number, mark: string, text: string) =>
      `<p class=MsoListParagraphCxSpMiddle style='margin-left:${level * 36}.0pt;mso-add-space:auto;text-indent:-18.0pt;mso-list:l0 level${level} lfo1'><![if !supportLists]><span
style='font-family:Symbol;mso-fareast-font-family:Symbol;mso-bidi-font-family:Symbol'><span
style='mso-list:Ignore'>${mark}<span style='font:7.0pt "Times New Roman"'>&nbsp;&nbsp;&nbsp;&nbsp;&nbsp;&nbsp;
</span></span></span><![endif]>${text}<o:p></o:p></p>\n\n`;
    const html = `<html xmlns:o="urn:schemas-microsoft-com:office:office" xmlns:w="urn:schemas-microsoft-com:office:word">
<head><meta name=Generator content="Microsoft Word 15"><style>p.MsoNormal {margin:0cm;}</style></head>
<body lang=EN-US style='tab-interval:36.0pt'><!--StartFragment--><p class=MsoNormal>To <b>buy</b>:<o:p></o:p></p>

${bullet(1, '·', 'Apples')}${bullet(2, 'o', 'red')}${bullet(2, 'o', 'green')}${bullet(1, '·', '<i>Pears</i>')}
<p class=MsoNormal>Then:<o:p></o:p></p>

${bullet(1, '1.', 'Wash')}${bullet(1, '2.', 'Peel')}<!--EndFragment--></body></html>`;
    expect(htmlToMarkdown(html)).toBe(
      'To **buy**:\n\n- Apples\n  - red\n  - green\n- _Pears_\n\nThen:\n\n1. Wash\n2. Peel',
    );
  });

  test('text from Google Docs keeps its lists, whose nested ones are beside their items', () => {
    const item = (level: number, text: string) =>
      `<li dir="ltr" style="list-style-type:disc;font-size:11pt;font-weight:400;" aria-level="${level}"><p dir="ltr" style="line-height:1.38;" role="presentation"><span style="font-size:11pt;font-weight:400;font-style:normal;">${text}</span></p></li>`;
    const html = `<meta charset='utf-8'><b style="font-weight:normal;" id="docs-internal-guid-2"><ul style="margin-top:0;">${item(1, 'one')}<ul style="margin-top:0;">${item(2, 'inner')}</ul>${item(1, 'two')}</ul></b><br class="Apple-interchange-newline">`;
    expect(htmlToMarkdown(html)).toBe('- one\n  - inner\n- two');
  });

  test('cells from Google Sheets become a table', () => {
    const cell = (text: string) =>
      `<td style="overflow:hidden;padding:2px 3px;vertical-align:bottom;" data-sheets-value="{&quot;1&quot;:2}">${text}</td>`;
    const html = `<meta charset='utf-8'><google-sheets-html-origin><style type="text/css"><!--td {border: 1px solid #cccccc;}--></style><table xmlns="http://www.w3.org/1999/xhtml" cellspacing="0" dir="ltr" border="1" data-sheets-root="1"><colgroup><col width="100"/><col width="100"/></colgroup><tbody><tr style="height:21px;">${cell('Fruit')}${cell('Price')}</tr><tr style="height:21px;">${cell('Pear|s')}${cell('2.50')}</tr></tbody></table>`;
    expect(htmlToMarkdown(html)).toBe('| Fruit | Price |\n| - | - |\n| Pear\\|s | 2.50 |');
  });

  test('a table of one cell becomes its text', () => {
    const html =
      '<html xmlns:x="urn:schemas-microsoft-com:office:excel"><body><table border=0 cellpadding=0><!--StartFragment--><col width=87><tr height=21><td height=21 class=xl65 width=87>only <b>one</b></td></tr><!--EndFragment--></table></body></html>';
    expect(htmlToMarkdown(html)).toBe('only **one**');
  });

  test('scripts, styles and comments are removed', () => {
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

test('no text is lost, and special characters in it set no format', () => {
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
