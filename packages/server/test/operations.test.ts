import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const src = join(root, 'packages/server/src');

/** Phrases that the log may have at `warn` and above: the texts at the end of logger calls. */
function messagesOf(source: string): string[] {
  const calls = source.matchAll(
    /\blog\.(?:warn|error|fatal)\(\s*(?:\{[^;]*?\},\s*)?((?:[^;]*?\?\s*)?'[^;]*?)\s*,?\s*\);/gs,
  );
  return [...calls].flatMap(([, texts = '']) =>
    [...texts.matchAll(/'([^'\n]{3,})'/g)].map(([, text = '']) => text),
  );
}

test('docs/log-messages.md explains every warning and error of the log', () => {
  const docs = readFileSync(join(root, 'docs/log-messages.md'), 'utf8');
  const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter(
    (file) => file.endsWith('.ts') && !file.endsWith('.test.ts'),
  );
  const messages = files.flatMap((file) => messagesOf(readFileSync(join(src, file), 'utf8')));
  expect(messages.length).toBeGreaterThan(30);
  expect(messages.filter((message) => !docs.includes(`\`${message}\``))).toEqual([]);
});
