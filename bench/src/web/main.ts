import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startEmbedded } from '@parley/server/embedded';
import pg from 'pg';
import { pino } from 'pino';
import { type Browser, chromium } from 'playwright-core';
import { findChromium } from '../../../scripts/chromium.mjs';
import { CLI, startServer } from '../server-process.ts';
import { BARS, type BarName, type Figures, tableOf } from './bars.ts';
import { type Contents, fill } from './fill.ts';
import { MEASUREMENTS } from './measurements.ts';

const USAGE = `Usage: npm run bench:web -- [--only NAME …] [--beside FILE] [--rounds N]

Measures the web client in Chromium on the built server, with 1,000 conversations, and prints a table: each bar of
the web client with its value and whether it is met.

  --only     only this measurement; can be given several times: ${Object.keys(MEASUREMENTS).join(', ')}
  --beside   in turn with another build (FILE: its packages/server/dist/cli.js), on the same data
  --rounds   the table has the medians of N rounds (1 by default)
`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      only: { type: 'string', multiple: true },
      beside: { type: 'string' },
      rounds: { type: 'string', default: '1' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) {
    process.stderr.write(USAGE);
    return;
  }
  const executablePath = findChromium();
  if (executablePath === undefined)
    throw new Error('No Chromium: install it, or set CHROMIUM_PATH');
  const dataDir = mkdtempSync(join(tmpdir(), 'parley-bench-web-'));
  const database = await startEmbedded({ dataDir, log: pino({ level: 'silent' }) });
  const browser = await chromium.launch({
    executablePath,
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
  });
  try {
    const { host, port, user, database: name } = database.connection;
    const databaseUrl = `postgres://${user}@localhost/${name}?host=${encodeURIComponent(host)}&port=${port}`;
    const contents = await prepare(databaseUrl);
    console.log(`${cpus()[0]?.model}, ${cpus().length} cores, Chromium ${browser.version()}`);
    const builds = [
      ...(values.beside === undefined ? [] : [{ name: 'before', cli: values.beside }]),
      { name: 'now', cli: CLI },
    ].map((build) => ({ ...build, figures: new Map<BarName, number[]>() }));
    for (let round = 0; round < Number(values.rounds); round++) {
      for (const { cli, figures } of builds) {
        const measured = await measure(browser, databaseUrl, cli, contents, values.only);
        for (const [bar, value] of measured) figures.set(bar, [...(figures.get(bar) ?? []), value]);
      }
    }
    console.log(`\n${tableOf(builds as readonly { name: string; figures: Figures }[])}`);
  } finally {
    await browser.close();
    await database.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

/** Fills the database through a server that is stopped then: the measured ones know nothing of what was inserted. */
async function prepare(databaseUrl: string): Promise<Contents> {
  const startedAt = performance.now();
  const server = await startServer({ env: { DATABASE_URL: databaseUrl } });
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 2 });
  try {
    const contents = await fill(server.url, pool);
    await pool.query('vacuum analyze');
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
  databaseUrl: string,
  cli: string,
  contents: Contents,
  only: readonly string[] | undefined,
): Promise<Map<BarName, number>> {
  const server = await startServer({ cli, env: { DATABASE_URL: databaseUrl } });
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
