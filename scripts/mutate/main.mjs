// npm run mutate -- PATH… [--max N] [--skip N] [--seed N] [--jobs N] [--stages N] [--line N] [--again FILE] [--stage-seconds N] [--list] [--json FILE] [--min PERCENT]
//
// Plants one small fault at a time in a source file and runs the nearest tests: a fault that none of
// them detects survives. PATH is a source file or a folder (packages/server/src/messages).
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { binOf, root } from '../run.mjs';
import { stagesFor } from './nearest.mjs';
import { applied, mutantsOf } from './places.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    max: { type: 'string', default: '40' },
    skip: { type: 'string', default: '0' },
    seed: { type: 'string', default: '1' },
    jobs: { type: 'string', default: '2' },
    stages: { type: 'string', default: '4' },
    line: { type: 'string' },
    again: { type: 'string' },
    'stage-seconds': { type: 'string', default: '120' },
    min: { type: 'string', default: '0' },
    json: { type: 'string' },
    list: { type: 'boolean', default: false },
  },
});
/** A stage that takes longer than this has been stalled by the mutant. */
const STAGE_MS = Number(values['stage-seconds']) * 1_000;
/** The outcome of tests that ended without results: it says nothing about the mutant. */
const NOT_RUN = 'the tests do not run';
/** Time limit of all stages together, without a mutant. */
const BASELINE_MS = 1_200_000;

const files = positionals.flatMap((path) => sourcesIn(relative(root, resolve(path))));
if (files.length === 0) {
  console.error(
    'Usage: npm run mutate -- PATH… [--max N] [--skip N] [--seed N] [--jobs N] [--stages N] [--line N] [--again FILE] [--list]',
  );
  process.exit(2);
}
/** The sources as they are now: later edits would move the positions. */
const sources = new Map(files.map((file) => [file, readFileSync(join(root, file), 'utf8')]));
const all = files.flatMap((file) => mutantsOf(file, sources.get(file)));
const survivors = values.again ? readSurvivors(values.again) : undefined;
const wanted = all.filter(
  (m) =>
    (values.line === undefined || m.line === Number(values.line)) &&
    (survivors === undefined || survivors.has(keyOf(m))),
);
const first = Number(values.skip);
const sample = shuffled(wanted, Number(values.seed)).slice(first, first + Number(values.max));
if (values.list) {
  for (const m of sample) console.log(wordsOf(m));
  console.log(`${sample.length} of ${all.length} mutants`);
  process.exit(0);
}

const folder = mkdtempSync(join(tmpdir(), 'parley-mutate-'));
const results = [];
let failed = false;
try {
  if (await baselineIsGreen()) {
    const queue = [...sample.entries()];
    await Promise.all(Array.from({ length: Number(values.jobs) }, () => work(queue)));
    report();
  } else failed = true;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exitCode = failed ? 1 : 0;

async function work(queue) {
  for (let next = queue.shift(); next; next = queue.shift()) {
    const [index, mutant] = next;
    const result = await outcomeOf(mutant, index);
    results.push({ ...mutant, ...result });
    const marks = { null: 'SURVIVED', [NOT_RUN]: 'NOT RUN ' };
    const mark = marks[result.foundBy] ?? 'found   ';
    console.log(
      `${mark} ${results.length}/${sample.length} ${wordsOf(mutant)}${result.foundBy ? `  (${result.foundBy})` : ''}`,
    );
  }
}

/** The requested stages: with fewer of them survivors are found sooner, and more of them. */
function stagesOf({ file }) {
  return stagesFor(file)
    .slice(0, Number(values.stages))
    .filter((stage) => stage.length > 0);
}

/** Runs the stages until one of them detects the mutant. */
async function outcomeOf(mutant, index) {
  const path = join(root, mutant.file);
  const description = join(folder, `${index}.json`);
  const code = applied(sources.get(mutant.file), mutant);
  writeFileSync(description, JSON.stringify({ path, code }));
  for (const stage of stagesOf(mutant)) {
    const foundBy = await failureOf(stage, join(folder, `${index}.results.json`), description);
    if (foundBy !== null) return { foundBy };
  }
  return { foundBy: null };
}

/** Returns the first failing test of these files; null when all of them pass. */
function failureOf(tests, results, description = '', timeoutMs = STAGE_MS) {
  rmSync(results, { force: true });
  const args = [binOf('vitest'), 'run', '--config', join(root, 'scripts/mutate/vitest.config.ts')];
  const options = ['--bail=1', '--reporter=json', `--outputFile=${results}`];
  const child = spawn(
    process.execPath,
    [...args, '--project=unit', '--project=database', ...options, ...tests],
    {
      cwd: root,
      // A separate process group: everything that its tests have started ends with it.
      detached: true,
      stdio: 'ignore',
      env: { ...process.env, PARLEY_MUTANT: description },
    },
  );
  return new Promise((done) => {
    const timer = setTimeout(() => {
      process.kill(-child.pid, 'SIGKILL');
      done('timed out');
    }, timeoutMs);
    child.once('close', (code) => {
      clearTimeout(timer);
      done(code === 0 ? null : firstFailure(results));
    });
  });
}

function firstFailure(results) {
  try {
    const files = JSON.parse(readFileSync(results, 'utf8')).testResults;
    const failedTest = files
      .flatMap((file) => file.assertionResults)
      .find((t) => t.status === 'failed');
    if (failedTest) return failedTest.fullName;
    // After the first failure, files that had not ended count as failed as well.
    const file = files.find((each) => each.status === 'failed' && each.message !== '');
    if (file) return `${relative(root, file.name)} does not run`;
  } catch {
    // Ended before it could write its results.
  }
  return NOT_RUN;
}

/** A test that fails without any mutant would detect all of them: nothing would be measured. */
async function baselineIsGreen() {
  const tests = new Set(sample.flatMap((m) => stagesOf(m).flat()));
  const failure = await failureOf([...tests], join(folder, 'baseline.json'), '', BASELINE_MS);
  if (failure !== null) console.error(`A test fails without any mutant: ${failure}`);
  return failure === null;
}

function report() {
  const byFolder = new Map();
  const notRun = results.filter((r) => r.foundBy === NOT_RUN);
  if (notRun.length > 0) {
    console.error(`${notRun.length} mutants are not counted: ${NOT_RUN}`);
    failed = true;
  }
  for (const result of results.filter((r) => !notRun.includes(r))) {
    const name = dirname(result.file);
    byFolder.set(name, [...(byFolder.get(name) ?? []), result]);
  }
  console.log('\nfolder  found  of  percent');
  for (const [name, of] of byFolder) {
    const found = of.filter((r) => r.foundBy !== null).length;
    const percent = Math.round((100 * found) / of.length);
    if (percent < Number(values.min)) failed = true;
    console.log(`${name}  ${found}  ${of.length}  ${percent} %`);
  }
  const survivors = results.filter((r) => r.foundBy === null);
  if (survivors.length > 0) console.log(`\nSurvivors (seed ${values.seed}):`);
  for (const m of survivors) console.log(wordsOf(m));
  if (values.json) writeFileSync(values.json, JSON.stringify(results, null, 1));
}

/** Returns the survivors among the results of an earlier run (`--json`), whose sources are unchanged. */
function readSurvivors(path) {
  const earlier = JSON.parse(readFileSync(path, 'utf8'));
  return new Set(earlier.filter((m) => m.foundBy === null).map(keyOf));
}

function keyOf({ file, start, end, after }) {
  return `${file} ${start} ${end} ${after}`;
}

function wordsOf({ file, line, operator, before, after }) {
  const short = (text) => text.replace(/\s+/g, ' ').slice(0, 70) || '(nothing)';
  return `${file}:${line} ${operator}: ${short(before)} → ${short(after)}`;
}

function sourcesIn(path) {
  if (statSync(join(root, path)).isFile()) return [path];
  return readdirSync(join(root, path), { recursive: true })
    .filter((name) => /\.tsx?$/.test(name) && !/\.test\.tsx?$|\.d\.ts$/.test(name))
    .map((name) => join(path, name))
    .sort();
}

/** Shuffles with a seed (mulberry32), so that a sample is reproducible. */
function shuffled(items, seed) {
  let state = seed >>> 0;
  const random = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
  return items
    .map((item) => ({ item, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}
