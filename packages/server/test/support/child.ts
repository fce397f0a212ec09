import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { isFresh } from '../../../../scripts/build.mjs';

/** A Node process of a test that runs a TypeScript program. */
export type Child = {
  process: ChildProcess;
  pid: number;
  /** Returns the next line of standard output; throws with its stderr if the process ends first. */
  line(): Promise<string>;
  /** Resolves with the exit code (null after a signal) when the process has ended. */
  ended: Promise<number | null>;
  /** Sends SIGKILL and waits for the end. */
  kill(): Promise<void>;
  /** Everything written to stderr so far. */
  stderr(): string;
};

/**
 * Starts a TypeScript program (a path relative to this folder) from its sources in Node. `env` is
 * added to the environment of this process; `under` is a wrapper program with its arguments.
 */
export function startChild(
  program: string,
  args: readonly string[] = [],
  env: Record<string, string> = {},
  under: readonly string[] = [],
): Child {
  const loader = ['--conditions=source', '--import', here('./typescript.mjs')];
  return startNode([...loader, here(program), ...args], env, under);
}

/**
 * Starts the command line of Parley: as it is built, if that is the same as its sources, because the sources take half a
 * second of a core longer to load.
 */
export function startCli(
  args: readonly string[],
  env: Record<string, string> = {},
  under: readonly string[] = [],
): Child {
  if (!isBuilt(env)) return startChild('../../src/cli.ts', args, env, under);
  return startNode([here('../../dist/bundle/cli.js'), ...args], env, under);
}

/** Starts a server without the command line, as {@link startCli} does. Its first line is its address. */
export function startServer(env: Record<string, string>): Child {
  if (!isBuilt(env)) return startChild('./server-child.mjs', [], env);
  return startNode([here('./server-child.mjs'), 'built'], env, []);
}

/** Starts an example of the SDK, as {@link startCli} does. */
export function startExample(
  name: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Child {
  const program = `../../../client/examples/${name}`;
  if (!isBuilt(env)) return startChild(program, args, env);
  return startNode([here(program), ...args], env, []);
}

let isBuildFresh: boolean | undefined;

/** Whether the packages are built from the current sources, and not to be run in a changed form (scripts/mutate). */
function isBuilt(env: Record<string, string>): boolean {
  if ((env.PARLEY_MUTANT ?? process.env.PARLEY_MUTANT) !== undefined) return false;
  isBuildFresh ??= isFresh('packages') && isFresh('server');
  return isBuildFresh;
}

const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));

function startNode(
  args: readonly string[],
  env: Record<string, string>,
  under: readonly string[],
): Child {
  const [command = process.execPath, ...first] = [...under, process.execPath];
  const child = spawn(command, [...first, ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });
  // A child that was killed does not read what is written to it.
  child.stdin.on('error', () => undefined);
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  return {
    process: child,
    pid: child.pid ?? 0,
    ended,
    stderr: () => stderr,
    line: async () => {
      const { value, done } = await lines.next();
      if (done) throw new Error(`${args.join(' ')} ended with ${await ended}: ${stderr}`);
      return value;
    },
    kill: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
