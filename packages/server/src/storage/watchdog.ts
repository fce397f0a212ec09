import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

// Reads one line. A line means that the server lets go in order; the end of the pipe without one
// means that the server has died. Then it ends that very PostgreSQL: the process must work in this
// cluster, or, where /proc cannot tell, postmaster.pid must name it.
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
 * Ends PostgreSQL (fast shutdown) when this process dies in a way that lets it do nothing more.
 *
 * A shell that waits on a pipe from us: whatever kills us closes the pipe. It has its own session,
 * so Ctrl-C in a terminal does not reach it before us.
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
    // A shell that cannot be started leaves the parent-death signal and the next start.
    this.#shell.on('error', () => undefined);
    this.#shell.stdin?.on('error', () => undefined);
    this.#shell.unref();
  }

  /** PostgreSQL has ended, or is ended by us: nothing more to watch. */
  dismiss(): void {
    this.#shell.stdin?.end('done\n');
  }
}

/**
 * `setpriv --pdeathsig INT` where there is such a program (util-linux): the kernel itself then
 * ends PostgreSQL when the thread that started it ends. A second line of defence: the shell above
 * may be killed first.
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
      // Not here; the next folder.
    }
  }
  return undefined;
}
