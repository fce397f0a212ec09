import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../../../', import.meta.url));

/** A path, and the text that the test’s name starts with. */
const ENTRY = /`((?:packages|src|test)\/[^`]+\.test\.ts)`: ([^|\n]+?) \|/g;

test('docs/guarantees-tests.md names an existing test for each known failure', () => {
  const table = readFileSync(join(root, 'docs/guarantees-tests.md'), 'utf8');
  for (let n = 1; n <= 28; n++) expect(table).toMatch(new RegExp(`^\\| B${n} \\|.*\\|$`, 'm'));
  const entries = [...table.matchAll(ENTRY)];
  expect(entries.length).toBeGreaterThan(40);
  for (const [, path = '', name = ''] of entries) {
    const file = join(root, path.startsWith('packages/') ? path : `packages/server/${path}`);
    expect(existsSync(file), path).toBe(true);
    expect(readFileSync(file, 'utf8'), path).toContain(`'${name}`);
  }
});
