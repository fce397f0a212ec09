import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

// Reads one line. A line means an orderly stop; end of file without one means that the server has
// died. It then stops PostgreSQL, after checking that the pid still belongs to it: its working
// directory must be this cluster or, without /proc, postmaster.pid must name it.
const script = `
pid=$1
dir=$2
read -r word && exit 0
if [ -e /proc/self/cwd ]; then
  [ "$(readlink "/proc/$pid/cwd")" = "$dir" ] || exit 0
else
  read -r named < "$dir/postmaster.pid" && [ "$named" = "$pid" ] || exit 0
fi
kill -INT "$pid"
`;

/**
 * Stops PostgreSQL (fast shutdown) when this process dies without a chance to do so itself.
 *
 * It is a shell that reads from a pipe of this process: whatever kills this process closes the pipe.
 * The shell has its own session, so that Ctrl-C in a terminal does not end it first.
 */
export class Watchdog {
  readonly #shell: ChildProcess;

  constructor(postmasterPid: number, clusterDir: string) {
    this.#shell = spawn(
      '/bin/sh',
      ['-c', script, 'parley-watchdog', String(postmasterPid), clusterDir],
      {
        cwd: '/',
        detached: true,
        stdio: ['pipe', 'ignore', 'ignore'],
      },
    );
    // If no shell can be started, the parent-death signal and the next start do its work.
    this.#shell.on('error', () => undefined);
    this.#shell.stdin?.on('error', () => undefined);
    this.#shell.unref();
  }

  /** Ends the watchdog: PostgreSQL has ended, or this process stops it. */
  dismiss(): void {
    this.#shell.stdin?.end('done\n');
  }
}

/**
 * Returns the command with `setpriv --pdeathsig INT` (util-linux) in front, where it is installed: the
 * kernel then stops PostgreSQL when the thread that started it ends. A second line of defense, as
 * the shell of {@link Watchdog} may be killed first.
 */
export function boundToParent(program: string, args: readonly string[]): [string, string[]] {
  const setpriv = process.platform === 'linux' ? onPath('setpriv') : undefined;
  if (setpriv === undefined) return [program, [...args]];
  return [setpriv, ['--pdeathsig', 'INT', '--', program, ...args]];
}

function onPath(name: string): string | undefined {
  for (const dir of (process.env.PATH ?? '').split(delimiter)) {
    const path = join(dir, name);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // Not in this folder.
    }
  }
  return undefined;
}
