import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { PLANTED_FAULTS as CHAOS } from '../chaos/src/planted-faults/planted-faults.ts';
import {
  PLANTED_IN_EVERY_RUN,
  PLANTED_FAULTS as SIMULATION,
} from '../simulation/src/planted-faults/planted-faults.ts';

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

  test('names only source files that exist', () => {
    const wrong = files
      .filter((file) => file !== 'CHANGELOG.md')
      .flatMap((file) =>
        [
          ...read(file).matchAll(
            /`(?:packages\/)?((?:client|protocol|server|web)\/src\/[a-z\d./-]+\.[a-z]+)`/g,
          ),
        ]
          .map(([, path = '']) => path)
          .filter((path) => !existsSync(join(root, 'packages', path)))
          .map((path) => `${file}: ${path}`),
      );
    expect(wrong).toEqual([]);
  });

  test('lists every page in docs/README.md', () => {
    const listed = linksOf('docs/README.md').map(({ path }) => path);
    const pages = files.filter((file) => /^docs\/[^/]+\.md$/.test(file));
    expect(pages.filter((page) => page !== 'docs/README.md' && !listed.includes(page))).toEqual([]);
    expect(linksOf('README.md').map(({ path }) => path)).toContain('docs/README.md');
  });

  test('has every planted fault, with the rules that find it, in the table of guarantees.md', () => {
    const cell = (rules: readonly string[] | undefined, isInEveryRun: boolean) => {
      if (rules === undefined) return 'not planted';
      const numbers = new Set(rules.map((rule) => Number(/^I(\d+) /.exec(rule)?.[1])));
      const text = [...numbers].sort((a, b) => a - b).map((n) => `I${n}`);
      return isInEveryRun ? `**${text.join(', ')}**` : text.join(', ');
    };
    const expected = [...new Set([...Object.keys(CHAOS), ...Object.keys(SIMULATION)])].map(
      (name) => [
        name,
        cell(CHAOS[name]?.caughtBy, !CHAOS[name]?.nightly),
        cell(SIMULATION[name]?.caughtBy, PLANTED_IN_EVERY_RUN.includes(name)),
      ],
    );
    const rows = [
      ...read('docs/guarantees.md').matchAll(/^\| `([\w-]+)`: [^|]* \| ([^|]*) \| ([^|]*) \|$/gm),
    ].map(([, ...cells]) => cells);
    expect(rows.toSorted()).toEqual(expected.toSorted());
  });

  test('explains every message of a warning or an error in log-messages.md', () => {
    const sources = execFileSync('git', ['ls-files', 'packages/server/src/**.ts'], {
      cwd: root,
      encoding: 'utf8',
    })
      .trim()
      .split('\n')
      .filter((file) => !/\.test\.ts$/.test(file) && existsSync(join(root, file)));
    const call = /\.(?:warn|error|fatal)\(\s*(?:\{[^{}]*\}|[\w.]+),\s*'([^'\n]+)'/g;
    const messages = sources.flatMap((file) => [...read(file).matchAll(call)].map(([, m]) => m));
    expect(messages.length).toBeGreaterThan(80);
    const explained = read('docs/log-messages.md');
    expect(messages.filter((message) => !explained.includes(`\`${message}\``))).toEqual([]);
  });
});

test('comments name only source files that exist', () => {
  const sources = execFileSync('git', ['ls-files'], { cwd: root, encoding: 'utf8' })
    .split('\n')
    .filter((file) => /\.(tsx?|mjs|js|sql|css)$/.test(file) && existsSync(join(root, file)));
  const wrong = sources
    .filter((file) => /\.(tsx?|mjs|js)$/.test(file))
    .flatMap((file) =>
      [...read(file).matchAll(/^\s*(?:\/\/|\/?\*).*$/gm)].flatMap(([comment]) =>
        [...comment.matchAll(/(?<![\w./*@-])(?:[\w-]+\/)+[\w.-]+\.(?:tsx?|mjs|sql)\b/g)]
          .map(([path]) => path)
          .filter((path) => !sources.some((source) => isNamedBy(source, path)))
          .map((path) => `${file}: ${path}`),
      ),
    );
  expect(wrong).toEqual([]);
});

/** Returns whether a path names a source: from any folder, and without `packages` and `src`. */
const isNamedBy = (source: string, path: string): boolean =>
  `/${source}`.endsWith(`/${path}`) || source.replace(/^packages\/|\bsrc\//g, '').endsWith(path);
