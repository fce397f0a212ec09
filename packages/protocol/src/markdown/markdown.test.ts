import type { AccountId, ConversationId, EmojiId } from '@parley/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Block, type Inline, linksIn, parseMarkdown } from './markdown.ts';

/** Formats parsed text as nested lists: plain text unchanged, everything else with its kind. */
const inlines = (parts: readonly Inline[]): unknown[] =>
  parts.map((part): unknown => {
    switch (part.kind) {
      case 'text':
        return part.text;
      case 'code':
        return ['code', part.text];
      case 'mention':
        return ['mention', part.text];
      case 'link':
        return ['link', part.href, ...inlines(part.children)];
      default:
        return [part.kind, ...inlines(part.children)];
    }
  });
const blocks = (all: readonly Block[]): unknown[] =>
  all.map((block): unknown => {
    switch (block.kind) {
      case 'paragraph':
        return inlines(block.children);
      case 'block':
        return ['block', block.language, block.text];
      case 'quote':
        return ['quote', ...blocks(block.children)];
      case 'list':
        return ['list', block.start, ...block.items.map(blocks)];
      default:
        return ['table', ...[block.head, ...block.rows].map((row) => row.map(inlines))];
    }
  });
const parsed = (text: string) => blocks(parseMarkdown(text));
/** Returns all displayed text, in order. */
const shown = (text: string): string => JSON.stringify(parsed(text));

describe('lines', () => {
  test.each<[string, unknown[]]>([
    ['plain', ['plain']],
    ['**strong** and __this__', [['strong', 'strong'], ' and ', ['strong', 'this']]],
    ['*a* _b_ ~~c~~', [['emphasis', 'a'], ' ', ['emphasis', 'b'], ' ', ['strikethrough', 'c']]],
    ['***both***', [['emphasis', ['strong', 'both']]]],
    ['snake_case_name and 2*3*4', ['snake_case_name and 2', ['emphasis', '3'], '4']],
    ['2 * 3 * 4', ['2 * 3 * 4']],
    ['\\*not\\*', ['*', 'not', '*']],
    ['one\ntwo  \nthree', ['one\ntwo', '\n', 'three']],
    ['`code` and `` a`b ``', [['code', 'code'], ' and ', ['code', 'a`b']]],
    ['an ` alone', ['an ` alone']],
    [
      '<b>no</b> &amp; ![x](https://a.example/i.png)',
      ['<b>no</b> &amp; !', ['link', 'https://a.example/i.png', 'x']],
    ],
    ['# no heading', ['# no heading']],
  ])('%j', (text, expected) => {
    expect(parsed(text)).toEqual([expected]);
  });
});

describe('links', () => {
  test.each<[string, unknown[]]>([
    [
      'see https://a.example/b, then',
      ['see ', ['link', 'https://a.example/b', 'https://a.example/b'], ', then'],
    ],
    ['(http://a.example)', ['(', ['link', 'http://a.example', 'http://a.example'], ')']],
    [
      'https://w.example/A_(b)).',
      [['link', 'https://w.example/A_(b)', 'https://w.example/A_(b)'], ').'],
    ],
    [
      'https://a.example/x_y_z*w*',
      [['link', 'https://a.example/x_y_z*w*', 'https://a.example/x_y_z*w*']],
    ],
    ['http:// alone', ['http:// alone']],
    ['<https://a.example>', [['link', 'https://a.example', 'https://a.example']]],
    ['[the page](https://a.example/p "title")', [['link', 'https://a.example/p', 'the page']]],
    [
      '[**bold** page](https://a.example/p)',
      [['link', 'https://a.example/p', ['strong', 'bold'], ' page']],
    ],
    ['[no](javascript:alert(1))', ['[no](javascript:alert(1))']],
    ['[no](data:text/html,x)', ['[no](data:text/html,x)']],
    ['<javascript:x>', ['<javascript:x>']],
    [
      'https://a.example/\u202Egpj.exe',
      [['link', 'https://a.example/', 'https://a.example/'], '\u202Egpj.exe'],
    ],
    ['[www.a.example](https://a.example/)', [['link', 'https://a.example/', 'www.a.example']]],
    ...[
      'paypal\\.com',
      '**paypal**.com',
      'sparkasse.de',
      'x.co.uk',
      'https://a.example',
      'ｐaypal.com',
      '\u200b\u3164',
    ].map((label): [string, unknown[]] => [
      `[${label}](https://evil.example/)`,
      [
        ...(parsed(label)[0] as unknown[]).map((part) =>
          Array.isArray(part) && part[0] === 'link' ? part[2] : part,
        ),
        ' (',
        ['link', 'https://evil.example/', 'https://evil.example/'],
        ')',
      ],
    ]),
    [
      'see www.a.example/b_c_d. Or www.a or awww.a.example',
      [
        'see ',
        ['link', 'https://www.a.example/b_c_d', 'www.a.example/b_c_d'],
        '. Or www.a or awww.a.example',
      ],
    ],
    [
      'ask ann_b+c@x.a.example, please',
      ['ask ', ['link', 'mailto:ann_b+c@x.a.example', 'ann_b+c@x.a.example'], ', please'],
    ],
    ['no@host a@b@c.example x/ann@a.example', ['no@host a@b@c.example x/ann@a.example']],
    ['[Ann](mailto:ann@a.example)', [['link', 'mailto:ann@a.example', 'Ann']]],
    ['[Ann](mailto:ann@a.example?body=x)', ['[Ann](mailto:ann@a.example?body=x)']],
    ['[main.ts](https://a.example/main.ts)', [['link', 'https://a.example/main.ts', 'main.ts']]],
    ['[e.g. this](https://a.example/)', [['link', 'https://a.example/', 'e.g. this']]],
  ])('%j', (text, expected) => {
    expect(parsed(text)).toEqual([expected]);
  });

  test('lead only to web addresses without hidden characters', () => {
    const parts = fc.constantFrom(
      '[',
      ']',
      '(',
      ')',
      '<',
      '>',
      'a',
      ' ',
      '\n',
      'https://',
      'http://',
      'javascript:',
      '\u202E',
      '\\',
      '"',
      '*',
      '`',
      '&#58;',
    );
    fc.assert(
      fc.property(fc.array(parts, { maxLength: 40 }), (some) => {
        const visit = (nodes: readonly (Block | Inline)[]): void => {
          for (const node of nodes) {
            if (node.kind === 'link')
              expect(node.href).toMatch(/^(https?:\/\/|mailto:)[^\s<>\u202E]+$/);
            if ('children' in node) visit(node.children);
            if (node.kind === 'list') for (const item of node.items) visit(item);
          }
        };
        visit(parseMarkdown(some.join('')));
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('blocks', () => {
  test.each<[string, unknown[]]>([
    ['one\n\ntwo', [['one'], ['two']]],
    ['```ts\nlet x\n\ny\n```\nafter', [['block', 'ts', 'let x\n\ny'], ['after']]],
    ['~~~\nx\n~~~', [['block', '', 'x']]],
    // What people type, although CommonMark requires the closing fence on its own line.
    ['```\nlet x```\nafter', [['block', '', 'let x'], ['after']]],
    ['a ```js\nlet x\n``` b', [['a '], ['block', 'js', 'let x'], ['b']]],
    ['```two words\nx```', [['block', '', 'two words\nx']]],
    ['a ```b``` c', [['a ', ['code', 'b'], ' c']]],
    ['> ```\n> x\n> ```', [['quote', ['block', '', 'x']]]],
    ['- ```\n  x\n  ```', [['list', null, [['block', '', 'x']]]]],
    ['```js\nnot closed', [['block', 'js', 'not closed']]],
    ['a\n```\nb\n```\n```\nc\n```', [['a'], ['block', '', 'b'], ['block', '', 'c']]],
    ['> quoted\n> **more**\n\nmine', [['quote', ['quoted\n', ['strong', 'more']]], ['mine']]],
    ['> > deep', [['quote', ['quote', ['deep']]]]],
    ['- a\n- b\n  - c', [['list', null, [['a']], [['b'], ['list', null, [['c']]]]]]],
    ['3. a\n4. b', [['list', 3, [['a']], [['b']]]]],
    ['- a\n  continued', [['list', null, [['a\ncontinued']]]]],
    [
      '| a | b |\n|---|---|\n| *1* | `2` |',
      [['table', [['a'], ['b']], [[['emphasis', '1']], [['code', '2']]]]],
    ],
    // A bar is escaped in a table, also in code.
    ['| a\\|b |\n|---|\n| `c\\|d` |', [['table', [['a', '|', 'b']], [[['code', 'c|d']]]]]],
    ['`c\\|d`', [[['code', 'c\\|d']]]],
    [
      '| | Q1 |\n|---|---|\n| a | | c |\n| | 2 |\n| x',
      [['table', [[], ['Q1']], [['a'], []], [[], ['2']], [['x'], []]]],
    ],
    ['>', [['>']]],
    ['1.', [['1.']]],
    ['- ', [['- ']]],
  ])('%j', (text, expected) => {
    expect(parsed(text)).toEqual(expected);
  });

  test('that are nested too deeply are shown as typed', () => {
    const text = `${'> '.repeat(50)}deep`;
    expect(shown(text).match(/quote/g)).toHaveLength(8);
    expect(shown(text)).toContain('> > deep');
  });
});

describe('mentions', () => {
  const ria = { kind: 'user', name: 'ria', id: 'r' as AccountId } as const;
  const design = { kind: 'group', name: 'design-team', id: 'd' as ConversationId } as const;
  const split = (text: string, isCut = false) =>
    blocks(parseMarkdown(text, [ria, design, { kind: 'here' }], isCut));

  test('are where the server resolved a name', () => {
    expect(split('**@ria**, see #design-team. @unknown @here!')).toEqual([
      [
        ['strong', ['mention', '@ria']],
        ', see ',
        ['mention', '#design-team'],
        '. @unknown ',
        ['mention', '@here'],
        '!',
      ],
    ]);
  });

  test('of custom emoji are their names between colons, also with underscores', () => {
    const emoji = ['a_b', 'c_d_'].map(
      (name) => ({ kind: 'emoji', name, id: 'e' as EmojiId }) as const,
    );
    expect(blocks(parseMarkdown(':a_b: *:c_d_:* :a_b::c_d_: :no: `:a_b:`', emoji))).toEqual([
      [
        ['mention', ':a_b:'],
        ' ',
        ['emphasis', ['mention', ':c_d_:']],
        ' ',
        ['mention', ':a_b:'],
        ['mention', ':c_d_:'],
        ' :no: ',
        ['code', ':a_b:'],
      ],
    ]);
  });

  test('are never in code or links', () => {
    expect(split('`@ria` https://example.org/@ria a@ria')).toEqual([
      [
        ['code', '@ria'],
        ' ',
        ['link', 'https://example.org/@ria', 'https://example.org/@ria'],
        ' a@ria',
      ],
    ]);
  });

  test('and URLs are text where a long message was cut', () => {
    expect(split('hello @ria', true)).toEqual([['hello @ria']]);
    expect(split('see https://a.example/b', true)).toEqual([['see ', 'https://a.example/b']]);
    expect(split('https://a.example/b @ria and', true)).toEqual([
      [['link', 'https://a.example/b', 'https://a.example/b'], ' ', ['mention', '@ria'], ' and'],
    ]);
  });
});

describe('any text', () => {
  const parts = fc.constantFrom(
    '*',
    '_',
    '~~',
    '`',
    '```',
    '\n',
    '\n\n',
    '> ',
    '- ',
    '1. ',
    '|',
    '|-|',
    '[',
    '](',
    ')',
    '<',
    'a',
    'bc',
    ' ',
    '  ',
    '\t',
    '\\',
    'https://a.example',
    '@ria',
    '👍🏽',
  );

  test('loses no word', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(parts, fc.constant('word')), { maxLength: 60 }), (some) => {
        // Cells beyond the head of a table and titles of links are not shown; addresses appear twice here.
        const text = some.join('');
        fc.pre(!/[|[]|http/.test(text));
        const count = (of: string) => of.match(/word/g)?.length ?? 0;
        expect(count(shown(text))).toBe(count(text));
      }),
      { numRuns: 2_000 },
    );
  });
});

test('the links of a text are those displayed, each once, without code', () => {
  const text = [
    'See https://a.example/1, **<https://a.example/2>** and [three](https://a.example/3).',
    'Again https://a.example/1 and `https://a.example/code`.',
    '> - https://a.example/4',
    '',
    '```',
    'https://a.example/block',
    '```',
    '| https://a.example/5 | x |',
    '|---|---|',
    '| javascript:alert(1) | ftp://a.example/6 |',
  ].join('\n');
  expect(linksIn(text)).toEqual(['1', '2', '3', '4', '5'].map((n) => `https://a.example/${n}`));
  expect(linksIn('www.a.example and a.example/b')).toEqual(['https://www.a.example']);
  expect(linksIn('ann@a.example, [Ann](mailto:ann@a.example)')).toEqual([]);
});

test('shortcodes become emoji, except in code, addresses and after a backslash', () => {
  const emojiOf = (name: string) => (name === 'tada' ? '🎉' : undefined);
  const parsed = (text: string, mentions: Parameters<typeof parseMarkdown>[1] = []) =>
    blocks(parseMarkdown(text, mentions, false, emojiOf));
  expect(parsed('so :tada: `:tada:` **:tada:** \\:tada: :other:')).toEqual([
    ['so 🎉 ', ['code', ':tada:'], ' ', ['strong', '🎉'], ' ', ':', 'tada: :other:'],
  ]);
  expect(parsed('[:tada:](https://a.example/:tada:)')).toEqual([
    [['link', 'https://a.example/:tada:', '🎉']],
  ]);
  // A custom emoji of the same name comes first.
  const id = '0197a000-0000-7000-8000-000000000001' as EmojiId;
  expect(parsed(':tada:', [{ kind: 'emoji', name: 'tada', id }])).toEqual([
    [['mention', ':tada:']],
  ]);
  expect(blocks(parseMarkdown(':tada:'))).toEqual([[':tada:']]);
});

test('a line without markup is shown as the parser shows it', () => {
  const characters = fc.constantFrom(
    ...'aZ19 ,.!?\'"()éß中😀@:*_-\u3000\u2028',
    'www.',
    'http',
    '  ',
  );
  fc.assert(
    fc.property(fc.array(characters, { minLength: 1, maxLength: 12 }), (parts) => {
      const text = parts.join('');
      // With a second paragraph, the text goes through the parser.
      const whole = parsed(`${text}\n\n*second*`);
      fc.pre(whole.length === 2 && /[a-zéß中]/i.test(text));
      expect(parsed(text)).toEqual(whole.slice(0, 1));
    }),
    { numRuns: 2_000 },
  );
});
