import { createLowlight } from 'lowlight';
import { expect, test } from 'vitest';
import { loadGrammar } from './grammars.ts';
import { languageOf } from './languages.ts';
import { TOKENS_MAX, type TokenKind, tokensOf } from './tokens.ts';

async function highlighted(info: string, text: string) {
  const language = languageOf(info);
  if (language === null) throw new Error(`${info} is not highlighted`);
  const lowlight = createLowlight();
  lowlight.register(language, await loadGrammar(language));
  return tokensOf(lowlight.highlight(language, text));
}

test.each<[info: string, text: string, expected: Record<string, TokenKind>]>([
  ['ts', 'const a = "b"; // c', { const: 'keyword', '"b"': 'string', '// c': 'comment' }],
  ['Python', 'def go(): return 12', { def: 'keyword', go: 'title', 12: 'number' }],
  ['sql', "select count(*) from t where a = 'x'", { select: 'keyword', "'x'": 'string' }],
  ['diff', '-old\n+new', { '-old': 'deleted', '+new': 'inserted' }],
  ['json', '{"a": 1}', { '"a"': 'attribute', 1: 'number' }],
  ['C++', 'class Parser { int n; };', { class: 'keyword', Parser: 'title', int: 'type' }],
])('%s has tokens of these kinds: %s', async (info, text, expected) => {
  const tokens = await highlighted(info, text);
  expect(Object.fromEntries(tokens ?? [])).toMatchObject(expected);
  expect(tokens?.map(([part]) => part).join('')).toBe(text);
});

test('every language that is offered has a grammar that can be loaded', async () => {
  for (const name of ['bash', 'sh', 'rust', 'go', 'java', 'kt', 'html', 'css', 'yaml', 'toml']) {
    expect(await highlighted(name, 'a = 1'), name).not.toBeNull();
  }
});

test.each(['', 'text', 'plaintext', 'constructor', 'toString', '__proto__', 'nonsense'])(
  '%s is not highlighted',
  (info) => {
    expect(languageOf(info)).toBeNull();
  },
);

test('a text with too many tokens stays plain', async () => {
  expect(await highlighted('json', `[${'1,'.repeat(TOKENS_MAX)}1]`)).toBeNull();
});
