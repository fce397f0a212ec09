import fc from 'fast-check';
import { expect, test } from 'vitest';
import { mentionSpans, withoutCode } from './mention-text.ts';

const found = (text: string) =>
  mentionSpans(withoutCode(text)).map(({ sign, name }) => sign + name);

test.each([
  ['hello @ria', ['@ria']],
  ['@ria, @sol: (@tia) "@uma"', ['@ria', '@sol', '@tia', '@uma']],
  ['@ria.', ['@ria']],
  ['@anna.maria-b_c.', ['@anna.maria-b_c']],
  ['see #design-team and #général', ['#design-team', '#général']],
  ['@Łukasz @山田', ['@Łukasz', '@山田']],
  ['to ria@example.org or a#b', []],
  ['https://example.org/@ria https://example.org/#top ?user=@ria &#39;', []],
  ['@ @. ## #', []],
  ['@@ria', []],
  ['`@ria` and ```\n@sol\n``` but @tia', ['@tia']],
  ['an open ` tick @ria', ['@ria']],
  ['an open ``` fence @ria', ['@ria']],
  [
    ':tada: :+1:(:party-parrot:) :a_b: @ria:tada:',
    [':tada', ':+1', ':party-parrot', ':a_b', '@ria'],
  ],
  [':tada::+1:', [':tada', ':+1']],
  ['10:30:45 a:bc: /b:cd: :x: :_a: :Tada: ::  : ab:', []],
  ['`:tada:` and ```\n:tada:\n```', []],
  [`:${'a'.repeat(32)}: :${'a'.repeat(33)}:`, [`:${'a'.repeat(32)}`]],
])('the mentions in %j', (text, expected) => {
  expect(found(text)).toEqual(expected);
});

test('a span is where its name is in the text', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('@', '#', ':', 'a', 'é', '.', '_', ' ', '`') }),
      (text) => {
        for (const { sign, name, start, end } of mentionSpans(text)) {
          expect(text.slice(start, end)).toBe(sign + name + (sign === ':' ? ':' : ''));
          if (sign === ':') expect(name).toMatch(/^a[a_]+$/);
          else expect(name).not.toMatch(/^[._-]|[._-]$/);
        }
      },
    ),
  );
});
