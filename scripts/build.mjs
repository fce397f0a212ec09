// Builds what is stale: the packages (tsc), the SQL migrations next to them, the bundle of the server (Rolldown), the
// web client (Vite).
// Staleness is decided by the paths, sizes and times of the sources, so that an unchanged tree costs
// almost nothing: npm start checks every time.
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { bundleServer } from './bundle-server.mjs';
import { compressFolder } from './compress.mjs';
import { binOf, root, run, tsc } from './run.mjs';

const migrations = 'packages/server/src/storage/migrations';

/** The parts, in order: their sources, files that show that they are built, and the build itself. */
const parts = [
  {
    name: 'packages',
    sources: [
      'package-lock.json',
      'tsconfig.base.json',
      'tsconfig.json',
      ...['protocol', 'client', 'server'].flatMap((name) => [
        `packages/${name}/package.json`,
        `packages/${name}/tsconfig.json`,
        `packages/${name}/src`,
      ]),
      'bench/tsconfig.json',
      'bench/src',
      'chaos/tsconfig.json',
      'chaos/src',
      'simulation/tsconfig.json',
      'simulation/src',
    ],
    proof: [
      'packages/server/dist/main.js',
      'packages/client/dist/index.js',
      'packages/protocol/dist/index.js',
      'chaos/dist/main.js',
      'simulation/dist/main.js',
    ],
    async make() {
      // An earlier build may have used other packages than are installed now, which the compiler does
      // not always notice: a failure counts only after a build from scratch.
      const code = (await tsc('-b')) && (await tsc('-b', '--force'));
      if (code !== 0) return code;
      const copy = migrations.replace('/src/', '/dist/');
      rmSync(join(root, copy), { recursive: true, force: true });
      cpSync(join(root, migrations), join(root, copy), { recursive: true });
      return 0;
    },
  },
  {
    name: 'server',
    sources: [
      'package-lock.json',
      'scripts/bundle-server.mjs',
      'packages/protocol/src',
      'packages/server/package.json',
      'packages/server/src',
    ],
    proof: ['packages/server/dist/bundle/cli.js', 'packages/server/dist/bundle/server.js'],
    async make() {
      await bundleServer();
      return 0;
    },
  },
  {
    name: 'web',
    sources: [
      'package-lock.json',
      'scripts/compress.mjs',
      'packages/protocol/src',
      'packages/client/src',
      ...[
        'chunks.ts',
        'index.html',
        'package.json',
        'public',
        'service-worker.ts',
        'src',
        'tsconfig.json',
        'vite.config.ts',
        'worker',
      ].map((name) => `packages/web/${name}`),
    ],
    needs: 'packages/web/vite.config.ts',
    proof: ['packages/web/dist/index.html'],
    async make() {
      const cwd = join(root, 'packages/web');
      const vite = binOf('vite', 'vite', cwd);
      const code = await run(process.execPath, [vite, 'build', '--logLevel', 'warn'], { cwd });
      if (code !== 0) return code;
      const { before, after } = await compressFolder(join(cwd, 'dist'));
      console.log(`  compressed ${kilobytes(before)} to ${kilobytes(after)}`);
      return 0;
    },
  },
];

/** Builds what is stale; resolves with 0, or with the exit code of the failed build. */
export async function build({ force = false } = {}) {
  for (const part of parts) {
    if (part.needs !== undefined && !existsSync(join(root, part.needs))) continue;
    const print = fingerprint(part.sources);
    if (isMade(part, print) && !force) continue;
    console.log(`Building ${part.name} …`);
    const code = await part.make();
    if (code !== 0) return code;
    const mark = markOf(part);
    mkdirSync(dirname(mark), { recursive: true });
    writeFileSync(mark, print);
  }
  return 0;
}

/** Returns whether a part is built from the sources as they are now. */
export function isFresh(name) {
  const part = parts.find((one) => one.name === name);
  return part !== undefined && isMade(part, fingerprint(part.sources));
}

const isMade = (part, print) =>
  part.proof.every((path) => existsSync(join(root, path))) && readText(markOf(part)) === print;

/** Returns the file that holds the fingerprint of the sources of the last build. */
const markOf = (part) => join(root, dirname(part.proof[0]), '.built');

const kilobytes = (bytes) => `${Math.round(bytes / 1024)} KB`;

function fingerprint(sources) {
  const hash = createHash('sha256').update(process.version);
  for (const source of sources) addTo(hash, join(root, source));
  return hash.digest('hex');
}

function addTo(hash, path) {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return;
  if (stats.isDirectory()) {
    for (const name of readdirSync(path).sort()) addTo(hash, join(path, name));
  } else if (!/\.test\.tsx?$/.test(path)) {
    hash.update(`${path}\0${stats.size}\0${stats.mtimeMs}\n`);
  }
}

function readText(path) {
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  process.exitCode = await build({ force: process.argv.includes('--force') });
}
