import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** A Node process of a test that runs a TypeScript program. */
export type Child = {
  process: ChildProcess;
  pid: number;
  /** The next line of its standard output; throws, with what it said on stderr, if it ends first. */
  line(): Promise<string>;
  /** Settles with the exit code (null: by a signal) when it has ended. */
  ended: Promise<number | null>;
  /** Sends SIGKILL and waits for the end. */
  kill(): Promise<void>;
  /** What it has said on stderr so far. */
  complaints(): string;
};

/**
 * Starts a TypeScript program (a path relative to this folder) from its sources, in Node; `env` is
 * set besides what this process has; `under` is a program, with its arguments, that starts it.
 */
export function startChild(
  program: string,
  args: readonly string[] = [],
  env: Record<string, string> = {},
  under: readonly string[] = [],
): Child {
  const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));
  const [command = process.execPath, ...first] = [...under, process.execPath];
  const child = spawn(
    command,
    [...first, '--conditions=source', '--import', here('./typescript.mjs'), here(program), ...args],
    { stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, ...env } },
  );
  let complaints = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaints += text;
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  return {
    process: child,
    pid: child.pid ?? 0,
    ended,
    complaints: () => complaints,
    line: async () => {
      const { value, done } = await lines.next();
      if (done) throw new Error(`${program} ended with ${await ended}: ${complaints}`);
      return value;
    },
    kill: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
