import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** A source file that is loaded in a changed form (scripts/mutate): `{path, code}`. */
const mutant = process.env.PARLEY_MUTANT
  ? JSON.parse(readFileSync(process.env.PARLEY_MUTANT, 'utf8'))
  : undefined;

/**
 * What was transformed, by the digest of its text: the tests start some hundred processes with the same
 * sources. The name contains the version of the transformer.
 */
const cacheFolder = fileURLToPath(
  new URL(`../../../../node_modules/.cache/parley-typescript-${viteVersion()}/`, import.meta.url),
);

/** Node’s module loading hook: TypeScript goes through the transformer that Vitest uses. */
export async function load(url, context, next) {
  if (!url.endsWith('.ts')) return next(url, context);
  const path = fileURLToPath(url);
  const text = path === mutant?.path ? mutant.code : readFileSync(path, 'utf8');
  return { format: 'module', source: await transformed(path, text), shortCircuit: true };
}

async function transformed(path, text) {
  const digest = createHash('sha1').update(path).update('\0').update(text).digest('hex');
  const cached = `${cacheFolder}${digest}.js`;
  try {
    return readFileSync(cached, 'utf8');
  } catch {
    // Loading it takes longer than transforming a file.
    const { transformWithOxc } = await import('vite');
    const { code } = await transformWithOxc(text, path, { sourcemap: false });
    mkdirSync(cacheFolder, { recursive: true });
    // Renamed, so that another process never reads half of it.
    const part = `${cached}.${process.pid}`;
    writeFileSync(part, code);
    renameSync(part, cached);
    return code;
  }
}

function viteVersion() {
  const url = new URL('../../../../node_modules/vite/package.json', import.meta.url);
  return JSON.parse(readFileSync(url, 'utf8')).version;
}
