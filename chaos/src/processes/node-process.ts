import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A command to a node. */
export type NodeOrder =
  | { readonly kind: 'clock'; readonly offsetMs: number }
  | { readonly kind: 'figures'; readonly id: number };

/** An answer of a node. */
export type NodeAnswer =
  | { readonly kind: 'ready' }
  | ({ readonly kind: 'figures'; readonly id: number } & NodeFigures);

/** How many repairs a node needed since its start, and what it uses. Bytes. */
export interface NodeFigures {
  readonly fills: number;
  readonly late: number;
  readonly repairs: number;
  readonly stalled: number;
  readonly buffered: number;
  readonly rss: number;
}

/** Time limit for the start of a node, which may have to wait for its database. */
const START_MS = 60_000;
/** Time limit for the end of a node after SIGTERM. */
const END_MS = 15_000;
/** Time limit for a node’s figures; a frozen node sends none. */
const FIGURES_MS = 1_000;

/** A node of the server in its own process. It keeps its port across restarts. */
export class NodeProcess {
  readonly name: string;
  readonly #dir: string;
  readonly #logDir: string;
  readonly #env: Readonly<Record<string, string>>;
  readonly #planted: string | undefined;
  readonly #onDeath: (how: string) => void;
  readonly #pendingFigures = new Map<number, (figures: NodeFigures | null) => void>();
  #child: ChildProcess | null = null;
  #starting: Promise<void> | null = null;
  #ending = false;
  #port = 0;
  #asks = 0;
  #offsetMs = 0;

  /**
   * `dir` holds its data, `logDir` its log. `onDeath` is called if it ends without being stopped.
   */
  constructor(options: {
    name: string;
    dir: string;
    logDir: string;
    env: Readonly<Record<string, string>>;
    planted?: string | undefined;
    onDeath: (how: string) => void;
  }) {
    this.name = options.name;
    this.#dir = options.dir;
    this.#logDir = options.logDir;
    this.#env = options.env;
    this.#planted = options.planted;
    this.#onDeath = options.onDeath;
  }

  /** The port that it listens on, known after the first start. */
  get port(): number {
    return this.#port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get running(): boolean {
    return this.#child !== null;
  }

  get dataDir(): string {
    return join(this.#dir, this.name);
  }

  /** Starts it, unless it runs, and waits until it listens. */
  start(): Promise<void> {
    if (this.#child && !this.#starting) return Promise.resolve();
    this.#starting ??= this.#start().finally(() => {
      this.#starting = null;
    });
    return this.#starting;
  }

  async #start(): Promise<void> {
    this.#ending = false;
    // The same port after every restart: clients reconnect to the address they know.
    this.#port ||= await freePort();
    const log = openSync(join(this.#logDir, `${this.name}.log`), 'a');
    // Tests run this file from its sources; a node is always the built program.
    const built = new URL('../../dist/', import.meta.url);
    const child = spawn(
      process.execPath,
      [
        ...(this.#planted ? plantedOptions(built) : []),
        fileURLToPath(new URL('processes/node-main.js', built)),
      ],
      {
        stdio: ['ignore', log, log, 'ipc'],
        env: {
          ...process.env,
          NODE_ENV: 'production',
          HOST: '127.0.0.1',
          PORT: String(this.#port),
          PARLEY_DATA: this.dataDir,
          PUBLIC_URL: 'http://parley.test',
          PARLEY_SECRET: 'every node of a chaos run has the same',
          RATE_LIMITS: 'off',
          LINK_PREVIEWS: 'off',
          LOG_LEVEL: 'info',
          CHAOS_CLOCK_MS: String(this.#offsetMs),
          ...this.#env,
          ...(this.#planted && { CHAOS_PLANTED_FAULT: this.#planted }),
        },
      },
    );
    closeSync(log);
    this.#child = child;
    child.on('message', (message: NodeAnswer) => {
      if (message.kind !== 'figures') return;
      this.#pendingFigures.get(message.id)?.(message);
      this.#pendingFigures.delete(message.id);
    });
    child.once('exit', (code, signal) => {
      if (this.#child === child) this.#child = null;
      for (const answer of this.#pendingFigures.values()) answer(null);
      this.#pendingFigures.clear();
      if (!this.#ending) this.#onDeath(signal ?? `exit code ${code}`);
    });
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${this.name} did not start`)), START_MS);
      const settle = (fn: () => void) => {
        clearTimeout(timer);
        fn();
      };
      child.once('message', (message: NodeAnswer) => {
        if (message.kind === 'ready') settle(resolve);
      });
      child.once('exit', (code, signal) =>
        settle(() => reject(new Error(`${this.name} ended with ${signal ?? code} at its start`))),
      );
    });
  }

  /** Sends SIGKILL and waits for the end. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** Sends SIGTERM. Resolves with the time to the end, ms, and the exit code (null: it had to be killed). */
  async terminate(): Promise<{ ms: number; code: number | null }> {
    const child = this.#child;
    const startedAt = performance.now();
    if (!child) return { ms: 0, code: 0 };
    const cut = setTimeout(() => child.kill('SIGKILL'), END_MS);
    const code = await this.#end('SIGTERM');
    clearTimeout(cut);
    return { ms: performance.now() - startedAt, code };
  }

  /** Sends SIGSTOP: the process is frozen, its sockets stay open. */
  freeze(): void {
    this.#child?.kill('SIGSTOP');
  }

  /** Sends SIGCONT. */
  thaw(): void {
    this.#child?.kill('SIGCONT');
  }

  /** Sets the offset of its clock from that of the machine, ms, now and after restarts. */
  setClock(offsetMs: number): void {
    this.#offsetMs = offsetMs;
    this.#send({ kind: 'clock', offsetMs });
  }

  /** Returns its figures; null when it does not answer. */
  figures(): Promise<NodeFigures | null> {
    if (!this.#child) return Promise.resolve(null);
    const id = ++this.#asks;
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#pendingFigures.delete(id);
        resolve(null);
      }, FIGURES_MS);
      this.#pendingFigures.set(id, (figures) => {
        clearTimeout(timer);
        resolve(figures);
      });
      this.#send({ kind: 'figures', id });
    });
  }

  #send(order: NodeOrder): void {
    // A child that is ending accepts no more messages; its exit is handled elsewhere.
    if (this.#child?.connected) this.#child.send(order, () => undefined);
  }

  async #end(signal: NodeJS.Signals): Promise<number | null> {
    const child = this.#child;
    if (!child) return 0;
    this.#ending = true;
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
    child.kill(signal);
    return ended;
  }
}

/** Returns a free port of the loopback interface. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = address !== null && typeof address === 'object' ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}

/** Node’s options to load the modules of the server one by one, as the edits of a planted fault need them. */
const plantedOptions = (built: URL): string[] => [
  '--conditions=unbundled',
  '--import',
  new URL('planted-faults/register.js', built).href,
];
