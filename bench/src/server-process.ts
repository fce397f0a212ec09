import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A built server in its own process and data folder. */
export interface ServerProcess {
  readonly url: string;
  readonly pid: number;
  /** Stops it and removes its data. */
  stop(): Promise<void>;
}

/** A built server of Parley. */
export interface ParleyProcess extends ServerProcess {
  readonly dataDir: string;
}

/** The command line of this build. */
export const CLI = fileURLToPath(
  new URL('../../packages/server/dist/bundle/cli.js', import.meta.url),
);
const START_MS = 60_000;

/**
 * Starts a built server on a free port, without rate limits. `cpu` pins it where that works; `cli` is the
 * command line of another build.
 */
export async function startServer(
  options: { cpu?: number; cli?: string; env?: Record<string, string> } = {},
): Promise<ParleyProcess> {
  const dataDir = mkdtempSync(join(tmpdir(), 'parley-bench-'));
  const command = [process.execPath, options.cli ?? CLI, 'start'];
  if (options.cpu !== undefined) command.unshift('taskset', '-c', String(options.cpu));
  const child = spawn(command[0] as string, command.slice(1), {
    env: {
      ...process.env,
      PORT: '0',
      PARLEY_DATA: dataDir,
      RATE_LIMITS: 'off',
      LINK_PREVIEWS: 'off',
      LOG_LEVEL: 'warn',
      ...options.env,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  // Interrupting this program stops its server too.
  const end = () => child.kill('SIGTERM');
  process.once('exit', end);
  child.once('exit', () => process.off('exit', end));
  const stop = async () => {
    child.kill('SIGTERM');
    await exited;
    rmSync(dataDir, { recursive: true, force: true });
  };
  try {
    return { url: await address(child), pid: child.pid as number, dataDir, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Returns the address that the server prints when it is ready. */
function address(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const timer = setTimeout(() => reject(new Error('The server did not start in time')), START_MS);
    child.stdout?.on('data', (bytes: Buffer) => {
      text += bytes.toString();
      // With PUBLIC_URL, the listening address comes after it.
      const match =
        /ready at \S+ \(listening at (\S+)\)/.exec(text) ?? /ready at (\S+)\n/.exec(text);
      if (!match) return;
      clearTimeout(timer);
      resolve(match[1] as string);
    });
    child.once('exit', (code) => {
      clearTimeout(timer);
      reject(new Error(`The server ended with ${code} before it was ready`));
    });
    child.once('error', reject);
  });
}
