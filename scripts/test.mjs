// npm test [-- vitest arguments]: builds, provides a browser and a Redis, runs the tests, and ends with
// one line: "N passed, N failed, N skipped".
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { build } from './build.mjs';
import { ensureChromium, ensureHeadlessShell } from './chromium.mjs';
import { ensureRedis } from './redis.mjs';
import { binOf, root, run } from './run.mjs';

const args = process.argv.slice(2);
const built = await build();
if (built !== 0) process.exit(built);

const env = { ...process.env };
let withoutBrowser = '';
if (browserTestsAreMeant()) {
  const chromium = ensureChromium();
  if (chromium.path !== undefined) {
    env.CHROMIUM_PATH = chromium.path;
    ensureHeadlessShell(chromium.path);
  } else {
    withoutBrowser = chromium.reason;
    // The browser tests skip themselves when this is set, and report it.
    env.PARLEY_NO_BROWSER = chromium.reason;
  }
}
let withoutRedis = '';
if (isMeant('database')) {
  const redis = ensureRedis();
  if (redis.path === undefined) {
    withoutRedis = redis.reason;
    // The tests with several nodes skip themselves when this is set, and report it.
    env.PARLEY_NO_REDIS = redis.reason;
  }
}

const folder = mkdtempSync(join(tmpdir(), 'parley-test-results-'));
const results = join(folder, 'results.json');
const code = await run(
  process.execPath,
  [
    binOf('vitest'),
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${results}`,
    ...args,
  ],
  { env },
);
const { passed, failed, skipped, files } = count();
rmSync(folder, { recursive: true, force: true });

if (withoutBrowser !== '') console.log(`The browser tests were skipped: ${withoutBrowser}.`);
if (withoutRedis !== '') console.log(`The tests with Redis were skipped: ${withoutRedis}.`);
for (const file of files) console.log(`Failed: ${relative(root, file)}`);
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exitCode = code === 0 && failed > 0 ? 1 : code;

/** Counts tests, and lists the files with failures; a file that could not be loaded, or an error outside of any test, counts as one. */
function count() {
  if (!existsSync(results)) return { passed: 0, failed: 1, skipped: 0, files: [] };
  const json = JSON.parse(readFileSync(results, 'utf8'));
  const unloaded = json.testResults.filter(
    (file) => file.status === 'failed' && file.assertionResults.every((t) => t.status !== 'failed'),
  ).length;
  const failed = json.numFailedTests + unloaded;
  return {
    passed: json.numPassedTests,
    failed: failed === 0 && code !== 0 ? 1 : failed,
    skipped: json.numPendingTests + json.numTodoTests,
    files: json.testResults.filter((file) => file.status === 'failed').map((file) => file.name),
  };
}

function browserTestsAreMeant() {
  const dir = join(root, 'e2e');
  const any = existsSync(dir) && readdirSync(dir).some((name) => name.endsWith('.test.ts'));
  return any && isMeant('browser');
}

/** Returns whether the tests of a project will run. */
function isMeant(project) {
  const projects = args.flatMap((arg, i) =>
    arg === '--project' ? [args[i + 1]] : arg.startsWith('--project=') ? [arg.slice(10)] : [],
  );
  return projects.length === 0 || projects.includes(project);
}
