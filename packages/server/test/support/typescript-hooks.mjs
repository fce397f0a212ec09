import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { transformWithOxc } from 'vite';

/** A source file that is loaded in a changed form (scripts/mutate): `{path, code}`. */
const mutant = process.env.PARLEY_MUTANT
  ? JSON.parse(readFileSync(process.env.PARLEY_MUTANT, 'utf8'))
  : undefined;

/** Node’s module loading hook: TypeScript goes through the transformer that Vitest uses. */
export async function load(url, context, next) {
  if (!url.endsWith('.ts')) return next(url, context);
  const path = fileURLToPath(url);
  const text = path === mutant?.path ? mutant.code : await readFile(path, 'utf8');
  const { code } = await transformWithOxc(text, path, { sourcemap: false });
  return { format: 'module', source: code, shortCircuit: true };
}
