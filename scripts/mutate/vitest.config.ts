import { readFileSync } from 'node:fs';
import { defineConfig } from 'vitest/config';
import base from '../../vitest.config.ts';

// The test configuration with one source file loaded in a changed form; files on disk do not change.
const description = process.env.PARLEY_MUTANT ?? '';
const mutant: { path: string; code: string } | undefined =
  description === '' ? undefined : JSON.parse(readFileSync(description, 'utf8'));

const plugin = {
  name: 'mutant',
  enforce: 'pre' as const,
  load: (id: string) => (id.split('?')[0] === mutant?.path ? mutant?.code : undefined),
};

const { test = {} } = base;
export default defineConfig({
  test: {
    ...test,
    projects: (test.projects ?? []).map((project) =>
      typeof project === 'object' ? { ...project, plugins: [plugin] } : project,
    ),
  },
});
