// npm run explore [-- --rounds N] [--seed N] [FILE…]
//
// Runs the property tests with other seeds than npm test: N rounds (10), each with its own seed. Reports
// the seed of every round in which a test failed; PARLEY_SEED=SEED reproduces it.
import { spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { binOf, root } from './run.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string', default: '10' }, seed: { type: 'string' } },
});
const rounds = Number(values.rounds);
const first = values.seed === undefined ? randomInt(2 ** 31 - rounds) : Number(values.seed);
if (!Number.isSafeInteger(rounds) || rounds < 1 || !Number.isSafeInteger(first)) {
  console.error('Usage: npm run explore -- [--rounds N] [--seed N] [FILE…]');
  process.exit(2);
}
const files = positionals.length > 0 ? positionals : propertyTests();
const failed = [];
for (let seed = first; seed < first + rounds; seed++) {
  console.log(`Round ${seed - first + 1} of ${rounds}: seed ${seed}, ${files.length} files`);
  const { status } = spawnSync(
    process.execPath,
    [binOf('vitest'), 'run', '--project=unit', '--project=database', '--reporter=dot', ...files],
    { cwd: root, stdio: 'inherit', env: { ...process.env, PARLEY_SEED: String(seed) } },
  );
  if (status !== 0) failed.push(seed);
}
for (const seed of failed) console.log(`Failed with PARLEY_SEED=${seed}`);
console.log(`${rounds - failed.length} of ${rounds} rounds passed`);
process.exitCode = failed.length === 0 ? 0 : 1;

/** Returns the test files that contain properties. */
function propertyTests() {
  return ['packages', 'chaos', 'bench', 'simulation', 'scripts'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true })
      .filter((name) => name.endsWith('.test.ts') && !name.includes('node_modules'))
      .map((name) => `${folder}/${name}`)
      .filter((name) => readFileSync(join(root, name), 'utf8').includes('fc.assert('))
      .sort(),
  );
}
