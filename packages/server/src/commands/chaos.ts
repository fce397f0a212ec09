import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { CommandRefused } from './command.ts';

const PROGRAM = fileURLToPath(new URL('../../../../chaos/dist/main.js', import.meta.url));

/**
 * `parley chaos`; returns the exit code of the run. The run is a program of its own: it starts
 * servers, so the server knows nothing of it.
 *
 * @throws {CommandRefused} where the program is not there, as in the container image
 */
export async function chaos(args: readonly string[]): Promise<number> {
  if (!existsSync(PROGRAM)) {
    throw new CommandRefused(
      'This installation has no chaos run. It comes with the sources: npm run chaos',
    );
  }
  const child = spawn(process.execPath, [PROGRAM, ...args], { stdio: 'inherit' });
  // The terminal sends its signal to both; this process waits for the other to have cleaned up.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => undefined);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
}
