import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { CommandRefused } from './command.ts';

const PROGRAM = fileURLToPath(new URL('../../../../chaos/dist/main.js', import.meta.url));

/**
 * `parley chaos`: returns the exit code of the run. The run is a separate program that starts
 * servers, so the server does not depend on it.
 *
 * @throws {CommandRefused} if the program is not installed, as in the container image
 */
export async function chaos(args: readonly string[]): Promise<number> {
  if (!existsSync(PROGRAM)) {
    throw new CommandRefused(
      'This installation does not include chaos. Run it from the source code: npm run chaos',
    );
  }
  const child = spawn(process.execPath, [PROGRAM, ...args], { stdio: 'inherit' });
  // The terminal signals both processes; this one waits until the other has cleaned up.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => undefined);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
}
