import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { startServer } from '../server-process.ts';
import { type Log, parseLog } from './parse.ts';
import { type Progress, replay } from './replay.ts';

const USAGE = `Usage: npm run replay -- [--url URL] FILE…

Sends IRC logs ([hh:mm] <nick> text) through a server, every line as its speaker, and compares what
all clients have received with what was posted. FILE is a log, a folder of logs, or a .tar.gz of them.
Without --url a server of its own is started in a temporary folder.
`;

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    options: { url: { type: 'string' }, help: { type: 'boolean' } },
    allowPositionals: true,
  });
  if (values.help || positionals.length === 0) {
    process.stderr.write(USAGE);
    return values.help ? 0 : 2;
  }
  const logs = readLogs(positionals);
  const all = [...logs.values()];
  const sum = (of: (log: Log) => number) => all.reduce((n, log) => n + of(log), 0);
  console.log(
    `${logs.size} files, ${sum((l) => l.lines.length)} messages, ${sum((l) => l.others)} other lines, ` +
      `${sum((l) => l.damaged)} lines with damaged UTF-8`,
  );
  const server = values.url === undefined ? await startServer() : null;
  try {
    const result = await replay(values.url ?? (server?.url as string), logs, showProgress());
    const rate = Math.round(result.messages / result.sendSeconds);
    console.log(`registered ${result.users} people in ${result.registerSeconds.toFixed(1)} s`);
    console.log(
      `sent ${result.messages} messages in ${result.sendSeconds.toFixed(1)} s, ${rate} messages/s`,
    );
    console.log(`read back ${result.messages} messages in ${result.readSeconds.toFixed(1)} s`);
    console.log(
      `one follower was connected all the time, one was cut off and resumed ${result.reconnects} times`,
    );
    console.log(result.difference ?? 'identical');
    return result.difference === null ? 0 : 1;
  } finally {
    await server?.stop();
  }
}

function readLogs(paths: readonly string[]): Map<string, Log> {
  const logs = new Map<string, Log>();
  for (const path of paths) {
    if (/\.(tar\.gz|tgz)$/.test(path)) readArchive(path, logs);
    else readInto(path, logs);
  }
  return logs;
}

function readInto(path: string, logs: Map<string, Log>): void {
  if (statSync(path).isDirectory()) {
    for (const name of readdirSync(path).sort()) readInto(join(path, name), logs);
  } else if (path.endsWith('.txt')) {
    logs.set(basename(path), parseLog(readFileSync(path)));
  }
}

/** Unpacks an archive with the system’s tar. */
function readArchive(path: string, logs: Map<string, Log>): void {
  const folder = mkdtempSync(join(tmpdir(), 'parley-replay-'));
  try {
    const { status, stderr, error } = spawnSync('tar', ['-xzf', path, '-C', folder]);
    if (error) throw error;
    if (status !== 0) throw new Error(`tar: ${stderr.toString().trim()}`);
    readInto(folder, logs);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A progress bar on a terminal; elsewhere one line per tenth. */
function showProgress(): Progress {
  let shown = '';
  return (phase, done, of) => {
    const tenths = Math.floor((done / of) * (process.stderr.isTTY ? 40 : 10));
    const key = `${phase} ${tenths}`;
    if (key === shown) return;
    shown = key;
    if (process.stderr.isTTY) {
      const bar = '█'.repeat(tenths).padEnd(40, '░');
      process.stderr.write(`\r${phase.padEnd(12)} ${bar} ${done}/${of} ${done === of ? '\n' : ''}`);
    } else {
      process.stderr.write(`${phase} ${done}/${of}\n`);
    }
  };
}

process.exitCode = await main();
