// npm run mutate -- PATH… [--max N] [--skip N] [--seed N] [--jobs N] [--stages N] [--line N] [--again FILE] [--stage-seconds N] [--list] [--json FILE] [--resume] [--min PERCENT]
// npm run mutate -- --planted FILE [the same options]
// npm run mutate -- --record [TESTS…]
//
// Plants one small fault at a time in a source file and runs the nearest tests: a fault that none of
// them detects survives. PATH is a source file or a folder (packages/server/src/messages).
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { root } from '../run.mjs';
import { coveringStages, isRecorded, readRecordings } from './covering.mjs';
import { stagesFor } from './nearest.mjs';
import { applied, mutantsOf } from './places.mjs';
import { endTests, failureOf, NOT_RUN, record } from './runs.mjs';

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
    resume: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
    planted: { type: 'string' },
    record: { type: 'boolean', default: false },
  },
});
/** A stage that takes longer than this has been stalled by the mutant. */
const STAGE_MS = Number(values['stage-seconds']) * 1_000;
/** Time limit of all stages together, without a mutant. */
const BASELINE_MS = 1_200_000;

if (values.record) process.exit(await record(positionals));

const files = values.planted
  ? JSON.parse(readFileSync(values.planted, 'utf8')).map(({ file }) => file)
  : positionals.flatMap((path) => sourcesIn(relative(root, resolve(path))));
if (files.length === 0) {
  console.error(
    'Usage: npm run mutate -- PATH… [--max N] [--skip N] [--seed N] [--jobs N] [--stages N] [--line N] [--again FILE] [--list]',
  );
  process.exit(2);
}
/** The sources as they are now: later edits would move the positions. */
const sources = new Map(files.map((file) => [file, readFileSync(join(root, file), 'utf8')]));
const all = values.planted
  ? readPlanted(values.planted)
  : files.flatMap((file) => mutantsOf(file, sources.get(file)));
const survivors = values.again ? readSurvivors(values.again) : undefined;
const wanted = all.filter(
  (m) =>
    (values.line === undefined || m.line === Number(values.line)) &&
    (survivors === undefined || survivors.has(keyOf(m))),
);
const first = Number(values.skip);
const ordered = values.planted ? wanted : shuffled(wanted, Number(values.seed));
const sample = ordered.slice(first, first + Number(values.max));
if (values.list) {
  for (const m of sample) console.log(wordsOf(m));
  console.log(`${sample.length} of ${all.length} mutants`);
  process.exit(0);
}

const recordings = readRecordings();
const folder = mkdtempSync(join(tmpdir(), 'parley-mutate-'));
/** The database that all runs copy; the first of them creates it. */
const templatePath = join(folder, 'template');
let results = values.resume ? readEarlier() : [];
/** Tests that fail without a mutant when those before them in their file are not run. */
const unusable = new Set();
let failed = false;
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    endTests();
    rmSync(folder, { recursive: true, force: true });
    process.exit(1);
  });
}
try {
  if (await baselineIsGreen()) {
    await runAll();
    for (let test = await failingFinder(); test !== null; test = await failingFinder()) {
      const others = results.filter(
        ({ foundBy }) => foundBy === null || foundBy.name !== test.name,
      );
      // Not one that could be left out, such as tests that end without results.
      if (!test.file || others.length === results.length) {
        failed = true;
        break;
      }
      unusable.add(test.name);
      results = others;
      await runAll();
    }
    report();
  } else failed = true;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exitCode = failed ? 1 : 0;

/** Runs the mutants that have no result yet. */
async function runAll() {
  const done = new Set(results.map(keyOf));
  const queue = [...sample.entries()].filter(([, mutant]) => !done.has(keyOf(mutant)));
  await Promise.all(Array.from({ length: Number(values.jobs) }, () => work(queue)));
}

async function work(queue) {
  for (let next = queue.shift(); next; next = queue.shift()) {
    const [index, mutant] = next;
    const result = await outcomeOf(mutant, index);
    results.push({ ...mutant, ...result });
    // Now, so that an interrupted run keeps what it has found out.
    if (values.json) writeFileSync(values.json, JSON.stringify(results, null, 1));
    console.log(`${markOf(result)} ${results.length}/${sample.length} ${wordsOf(mutant)}`);
  }
}

function markOf({ foundBy, isTested }) {
  if (foundBy === null) return isTested ? 'SURVIVED' : 'SURVIVED, not run by any test:';
  return foundBy === NOT_RUN ? 'NOT RUN ' : `found by “${foundBy.name ?? foundBy}”`;
}

/** The requested stages: with fewer of them survivors are found sooner, and more of them. */
function stagesOf(mutant) {
  const source = sources.get(mutant.file);
  const stages = isRecorded(recordings, mutant.file, source)
    ? coveringStages(recordings, mutant, source).map(withoutUnusable)
    : stagesFor(mutant.file).map((tests) => ({ files: tests }));
  return stages.filter((stage) => stage.files.length > 0).slice(0, Number(values.stages));
}

function withoutUnusable({ files, names }) {
  const usable = names.filter((name) => !unusable.has(name));
  return { files: usable.length > 0 ? files : [], names: usable };
}

/** Runs the stages until one of them detects the mutant. */
async function outcomeOf(mutant, index) {
  const path = join(root, mutant.file);
  const description = join(folder, `${index}.json`);
  const code = applied(sources.get(mutant.file), mutant);
  writeFileSync(description, JSON.stringify({ path, code }));
  // The database is created by the sources of this folder.
  const template = mutant.file.startsWith('packages/server/src/storage/') ? '' : templatePath;
  const stages = stagesOf(mutant);
  for (const stage of stages) {
    const results = join(folder, `${index}.results.json`);
    const foundBy = await failureOf(stage, { results, description, template, timeoutMs: STAGE_MS });
    if (foundBy !== null) return { foundBy };
  }
  return { foundBy: null, isTested: stages.length > 0 };
}

/**
 * A test that fails without any mutant would detect all of them: nothing would be measured. Recorded tests have
 * passed, and are checked by {@link failingFinder}.
 */
async function baselineIsGreen() {
  const stages = sample.flatMap((mutant) => stagesOf(mutant).filter(({ names }) => !names));
  return (await failing({ files: [...new Set(stages.flatMap(({ files }) => files))] })) === null;
}

/** Returns a test that seems to have detected mutants, but fails without them as well; null if there is none. */
function failingFinder() {
  const finders = results.map(({ foundBy }) => foundBy).filter((test) => test?.file);
  return failing({
    files: [...new Set(finders.map(({ file }) => file))],
    names: [...new Set(finders.map(({ name }) => name))],
  });
}

async function failing(stage) {
  if (stage.files.length === 0) return null;
  const [output, timeoutMs] = [join(folder, 'baseline.json'), BASELINE_MS];
  const failure = await failureOf(stage, { results: output, template: templatePath, timeoutMs });
  if (failure !== null)
    console.error(`A test fails without any mutant: ${failure.name ?? failure}`);
  return failure;
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
  for (const m of survivors) {
    console.log(`${wordsOf(m)}${m.isTested === false ? ' (not run by any test)' : ''}`);
  }
}

/** Returns the results that an interrupted run of the same sample has written (`--json`). */
function readEarlier() {
  if (!values.json)
    throw new Error('--resume requires --json FILE, which an earlier run has written');
  if (!existsSync(values.json)) return [];
  const keys = new Set(sample.map(keyOf));
  return JSON.parse(readFileSync(values.json, 'utf8')).filter(
    (m) => m.foundBy !== NOT_RUN && keys.has(keyOf(m)),
  );
}

/** Returns the survivors among the results of an earlier run (`--json`), whose sources are unchanged. */
function readSurvivors(path) {
  const earlier = JSON.parse(readFileSync(path, 'utf8'));
  return new Set(earlier.filter((m) => m.foundBy === null).map(keyOf));
}

/** Returns the mutants of a list `[{file, before, after}]`, written by hand; `before` occurs once in the file. */
function readPlanted(path) {
  return JSON.parse(readFileSync(path, 'utf8')).map(({ file, before, after }) => {
    const source = sources.get(file);
    const start = source.indexOf(before);
    if (start === -1 || source.includes(before, start + 1))
      throw new Error(`${file}: not exactly once: ${before}`);
    const line = source.slice(0, start).split('\n').length;
    return { file, line, operator: 'planted', start, end: start + before.length, before, after };
  });
}

function keyOf({ file, start, end, before, after }) {
  return JSON.stringify([file, start, end, before, after]);
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
