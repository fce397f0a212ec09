import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Paths of all tracked Markdown files. */
const files = execFileSync('git', ['ls-files', '*.md'], { cwd: root, encoding: 'utf8' })
  .trim()
  .split('\n');

const read = (file: string) => readFileSync(join(root, file), 'utf8');
/** Text without fenced and inline code. */
const proseOf = (file: string) => read(file).replace(/```[\s\S]*?```|`[^`\n]*`/g, '');

/** Returns the links of a file to other files and to headings, each as a path and a fragment. */
const linksOf = (file: string) =>
  [...proseOf(file).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = '']) => target)
    .filter((target) => !/^(https?|mailto):/.test(target))
    .map((target) => {
      const [path = '', fragment] = target.split('#');
      return { path: path === '' ? file : normalize(join(dirname(file), path)), fragment };
    });

/** Returns the fragments of a file’s headings, as GitHub makes them. */
const fragmentsOf = (file: string) =>
  [...read(file).matchAll(/^#+ (.*)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );

describe('the documentation', () => {
  test('links only to files and headings that exist', () => {
    const broken = files.flatMap((file) =>
      linksOf(file)
        .filter(({ path, fragment }) => {
          if (!existsSync(join(root, path))) return true;
          return fragment !== undefined && !fragmentsOf(path).includes(fragment);
        })
        .map(({ path, fragment }) => `${file}: ${path}#${fragment ?? ''}`),
    );
    expect(broken).toEqual([]);
  });

  test('lists every page in docs/README.md', () => {
    const listed = linksOf('docs/README.md').map(({ path }) => path);
    const pages = files.filter((file) => /^docs\/[^/]+\.md$/.test(file));
    expect(pages.filter((page) => page !== 'docs/README.md' && !listed.includes(page))).toEqual([]);
    expect(linksOf('README.md').map(({ path }) => path)).toContain('docs/README.md');
  });
});
