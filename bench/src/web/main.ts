import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startEmbedded } from '@parley/server/embedded';
import pg from 'pg';
import { pino } from 'pino';
import { type Browser, chromium } from 'playwright-core';
import { CLI, startServer } from '../server-process.ts';
import { BARS, type BarName, type Figures, tableOf } from './bars.ts';
import { type Contents, fill } from './fill.ts';
import { MEASUREMENTS } from './measurements.ts';

const USAGE = `Usage: npm run bench:web -- [--only NAME …] [--baseline FILE] [--rounds N] [--data FOLDER]

Measures the web client in Chromium on the built server, with 1,000 conversations, and prints a table with each
target of the web client, its value and whether it is met.

CHROMIUM_PATH is the browser to start; without it, the one that Playwright has installed.

  --only     runs only this measurement; can be repeated: ${Object.keys(MEASUREMENTS).join(', ')}
  --baseline compares with another build (FILE: its packages/server/dist/bundle/cli.js) in turn, on the same data
  --rounds   shows the medians of N rounds (default: 1)
  --data     keeps the data in this folder, and uses the data that is already there
`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      only: { type: 'string', multiple: true },
      baseline: { type: 'string' },
      rounds: { type: 'string', default: '1' },
      data: { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) {
    process.stderr.write(USAGE);
    return;
  }
  const unknown = values.only?.find((name) => !(name in MEASUREMENTS));
  if (unknown !== undefined) throw new Error(`No measurement ${unknown}\n\n${USAGE}`);
  const folder = values.data ?? mkdtempSync(join(tmpdir(), 'parley-bench-web-'));
  mkdirSync(folder, { recursive: true });
  const database = await startEmbedded({ dataDir: folder, log: pino({ level: 'silent' }) });
  const browser = await chromium.launch({
    ...(process.env.CHROMIUM_PATH && { executablePath: process.env.CHROMIUM_PATH }),
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
  });
  try {
    const { host, port, user, database: name } = database.connection;
    const databaseUrl = `postgres://${user}@localhost/${name}?host=${encodeURIComponent(host)}&port=${port}`;
    // Every server has the same database, secret and files.
    const env = { DATABASE_URL: databaseUrl, PARLEY_DATA: join(folder, 'server') };
    const contents = await prepare(env, join(folder, 'contents.json'));
    console.log(`${cpus()[0]?.model}, ${cpus().length} cores, Chromium ${browser.version()}`);
    const builds = [
      ...(values.baseline === undefined ? [] : [{ name: 'before', cli: values.baseline }]),
      { name: 'now', cli: CLI },
    ].map((build) => ({ ...build, figures: new Map<BarName, number[]>() }));
    for (let round = 0; round < Number(values.rounds); round++) {
      for (const { cli, figures } of builds) {
        const measured = await measure(browser, env, cli, contents, values.only);
        for (const [bar, value] of measured) figures.set(bar, [...(figures.get(bar) ?? []), value]);
      }
    }
    console.log(`\n${tableOf(builds as readonly { name: string; figures: Figures }[])}`);
  } finally {
    await browser.close();
    await database.stop();
    if (values.data === undefined) rmSync(folder, { recursive: true, force: true });
  }
}

/** What the servers are started with. */
type Environment = Readonly<Record<'DATABASE_URL' | 'PARLEY_DATA', string>>;

/**
 * Fills the database through a server that is stopped then: the measured ones know nothing of what was inserted.
 * Does nothing if `file` says that it is filled.
 */
async function prepare(env: Environment, file: string): Promise<Contents> {
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')) as Contents;
  const startedAt = performance.now();
  const server = await startServer({ env });
  const pool = new pg.Pool({ connectionString: env.DATABASE_URL, max: 2 });
  try {
    const contents = await fill(server.url, pool);
    await pool.query('vacuum analyze');
    writeFileSync(file, JSON.stringify(contents));
    return contents;
  } finally {
    await pool.end();
    await server.stop();
    console.log(`prepared in ${((performance.now() - startedAt) / 1_000).toFixed(0)} s`);
  }
}

/** Runs the measurements on one build. */
async function measure(
  browser: Browser,
  env: Environment,
  cli: string,
  contents: Contents,
  only: readonly string[] | undefined,
): Promise<Map<BarName, number>> {
  const server = await startServer({ cli, env });
  const figures = new Map<BarName, number>();
  try {
    for (const [name, run] of Object.entries(MEASUREMENTS)) {
      if (only && !only.includes(name)) continue;
      const found = await run({ browser, url: server.url, contents });
      for (const [bar, value] of Object.entries(found) as [BarName, number][]) {
        figures.set(bar, value);
        console.log(`${BARS[bar].name}: ${value.toFixed(1)} ${BARS[bar].unit}`);
      }
    }
    return figures;
  } finally {
    await server.stop();
  }
}

await main();
