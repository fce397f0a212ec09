import { setTimeout as pause } from 'node:timers/promises';
import { uuidv7 } from 'uuidv7';
import { type ServerProcess, startServer } from '../server-process.ts';
import { serverCpuOf } from './cpu.ts';
import { canPin } from './generate.ts';
import { DIALECTS } from './kinds.ts';
import { group, type User, users } from './setup.ts';
import { RawSocket } from './wire.ts';

/** Commands of a measurement, and of the warm-up before it. */
const COMMANDS = 3_000;
/** Commands without an answer at a time: a bot that posts 50 messages at once. */
const AT_ONCE = 50;
/** Members of the group; all of them are connected. */
const MEMBERS = 10;
/** Messages that are edited and reacted to in turn. */
const MESSAGES = 100;

/** One command; resolves when it is answered. */
type Send = (n: number) => Promise<void>;

interface Measured {
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
  /** Processor time of a command, µs. */
  readonly node: number;
  readonly database: number;
}

/**
 * Measures posts over REST, and edits and reactions over a socket, of one member of a group of ten with
 * {@link AT_ONCE} outstanding. `clis` are the command lines of the builds that take turns.
 */
export async function measureCommands(rounds: number, clis: readonly string[]): Promise<void> {
  const targets: Target[] = [];
  try {
    for (const cli of clis) targets.push(await Target.start(cli));
    console.log(
      '\ncommand                   commands/s   p50 ms   p99 ms   µs: node  database   (medians)',
    );
    for (const name of ['REST posts', 'edits', 'reactions'] as const) {
      const results = targets.map((): Measured[] => []);
      // The first round warms up the compiler.
      for (let round = 0; round <= rounds; round++) {
        for (const [i, target] of targets.entries()) {
          const result = await measure(target, target.sender(name));
          if (round > 0) results[i]?.push(result);
        }
      }
      for (const [i, measured] of results.entries()) {
        print(targets.length > 1 ? `${name}, build ${i + 1}` : name, measured);
      }
    }
  } finally {
    for (const target of targets) await target.stop();
  }
}

/** A server with a group whose members are connected. */
class Target {
  readonly #server: ServerProcess;
  readonly #conversation: string;
  readonly #token: string;
  readonly #sockets: RawSocket[] = [];
  readonly #messages: number[] = [];
  readonly #waiting = new Map<string, () => void>();

  private constructor(server: ServerProcess, conversation: string, token: string) {
    this.#server = server;
    this.#conversation = conversation;
    this.#token = token;
  }

  static async start(cli: string): Promise<Target> {
    const server = await startServer({ ...(canPin && { cpu: 0 }), cli });
    const all = await users(server.url, MEMBERS);
    const conversation = await group('Commands', all);
    const [bot] = all as [User, ...User[]];
    const target = new Target(server, conversation, await bot.api.accessToken());
    for (const user of all) await target.#connect(await user.api.accessToken());
    for (let n = 0; n < MESSAGES; n++) {
      const { seq } = await bot.api.post(conversation as never, `message ${n}`);
      target.#messages.push(seq);
    }
    return target;
  }

  get pid(): number {
    return this.#server.pid;
  }

  sender(name: 'REST posts' | 'edits' | 'reactions'): Send {
    if (name === 'REST posts') return (n) => this.#post(n);
    if (name === 'edits') {
      return (n) => this.#command({ op: 'edit', message: this.#message(n), body: `edited ${n}` });
    }
    // Each message in turn gets the reaction and loses it again.
    return (n) => {
      const op = Math.floor(n / MESSAGES) % 2 === 0 ? 'react' : 'unreact';
      return this.#command({ op, message: this.#message(n), emoji: '👍' });
    };
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.close();
    await this.#server.stop();
  }

  #message(n: number): number {
    return this.#messages[n % MESSAGES] as number;
  }

  async #connect(token: string): Promise<void> {
    const raw = await RawSocket.open(this.#server.url, DIALECTS.parley.path('', ''));
    await DIALECTS.parley.logIn(raw, token);
    raw.onFrame = (bytes, at) => {
      const id = DIALECTS.parley.ack(bytes, at);
      if (id !== null) this.#waiting.get(id)?.();
      else if (bytes.toString('latin1', at, at + 12) === '{"op":"ping"') raw.send('{"op":"pong"}');
    };
    this.#sockets.push(raw);
  }

  async #post(n: number): Promise<void> {
    const path = `/api/v1/conversations/${this.#conversation}/messages`;
    const answer = await fetch(new URL(path, this.#server.url), {
      method: 'POST',
      headers: { authorization: `Bearer ${this.#token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ clientId: uuidv7(), body: `A message of a bot, number ${n}` }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`A post was rejected: ${text}`);
  }

  #command(frame: Readonly<Record<string, unknown>>): Promise<void> {
    const id = uuidv7();
    return new Promise((resolve) => {
      this.#waiting.set(id, () => {
        this.#waiting.delete(id);
        resolve();
      });
      const command = { ...frame, id, conversation: this.#conversation };
      (this.#sockets[0] as RawSocket).send(JSON.stringify(command));
    });
  }
}

async function measure(target: Target, send: Send): Promise<Measured> {
  const latencies: number[] = [];
  let next = 0;
  const work = async () => {
    for (let n = next++; n < COMMANDS; n = next++) {
      const sentAt = performance.now();
      await send(n);
      latencies.push(performance.now() - sentAt);
    }
  };
  await pause(200);
  const before = { at: performance.now(), cpu: serverCpuOf(target.pid) };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  const seconds = (performance.now() - before.at) / 1000;
  const cpu = serverCpuOf(target.pid);
  latencies.sort((a, b) => a - b);
  const at = (share: number) => latencies[Math.floor(latencies.length * share)] ?? Number.NaN;
  return {
    perSecond: COMMANDS / seconds,
    p50: at(0.5),
    p99: at(0.99),
    node: ((cpu.node - before.cpu.node) * 1e6) / COMMANDS,
    database: ((cpu.database - before.cpu.database) * 1e6) / COMMANDS,
  };
}

function print(name: string, results: readonly Measured[]): void {
  const of = (key: keyof Measured, digits: number) =>
    median(results.map((result) => result[key])).toFixed(digits);
  const cells = [
    name.padEnd(25),
    of('perSecond', 0).padStart(10),
    of('p50', 1).padStart(8),
    of('p99', 1).padStart(8),
    of('node', 0).padStart(10),
    of('database', 0).padStart(9),
  ];
  console.log(cells.join(' '));
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
