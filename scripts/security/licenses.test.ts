import { describe, expect, test } from 'vitest';
import { checkLicenses, licenses } from './licenses.mjs';

/** Returns the problems of a lock file with one package of this license. */
function problemsOf(license: unknown, more: { dev?: boolean; link?: boolean } = {}): string[] {
  const packages = { 'node_modules/pkg': { version: '1.2.3', license, ...more } };
  return checkLicenses({ packages }).problems;
}

describe('a license', () => {
  test.each([
    'MIT',
    'Apache-2.0',
    'MIT OR GPL-3.0-only',
    '(MIT OR CC0-1.0)',
    'MIT AND (ISC OR AGPL-3.0)',
  ])('is allowed: %s', (license) => {
    expect(problemsOf(license)).toEqual([]);
  });

  test.each([
    'GPL-3.0-only',
    'AGPL-3.0-or-later',
    'MIT AND GPL-3.0-only',
    '(MIT OR ISC) AND SSPL-1.0',
    'GPL-2.0-only OR LGPL-3.0-only',
    'Apache-2.0 WITH LLVM-exception',
    'SEE LICENSE IN LICENSE.txt',
    'UNLICENSED',
    'MIT ISC',
    '(MIT',
    'MIT OR',
  ])('is rejected, and the package named: %s', (license) => {
    expect(problemsOf(license)).toEqual([
      `pkg@1.2.3 has the license ${license}, which is not allowed`,
    ]);
  });

  test.each([undefined, '', ' ', { type: 'MIT' }])('is missing: %j', (license) => {
    expect(problemsOf(license)).toEqual(['pkg@1.2.3 has no license']);
  });

  test('MPL-2.0 is allowed in development only', () => {
    expect(problemsOf('MPL-2.0', { dev: true })).toEqual([]);
    expect(problemsOf('MPL-2.0')).toHaveLength(1);
    expect(problemsOf('GPL-3.0-only', { dev: true })).toHaveLength(1);
  });
});

test('packages inside others and of a scope are named; workspaces do not count', () => {
  const license = 'GPL-3.0-only';
  const packages = {
    '': { version: '0.1.0', license },
    'packages/server': { version: '0.1.0', license },
    'node_modules/@parley/server': { link: true },
    'packages/server/node_modules/@scope/inner': { version: '1.0.0', license },
    'node_modules/a/node_modules/b': { version: '2.0.0', license },
  };
  const { problems, checked } = checkLicenses({ packages });
  expect(checked).toBe(2);
  expect(problems.map((problem) => problem.split(' ')[0])).toEqual([
    '@scope/inner@1.0.0',
    'b@2.0.0',
  ]);
});

test('all packages of the repository have an allowed license', () => {
  expect(licenses().problems).toEqual([]);
});
