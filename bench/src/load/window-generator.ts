import { setTimeout as pause } from 'node:timers/promises';
import { serverCpuOf } from './cpu.ts';
import { DIALECTS, type Dialect, type Kind } from './kinds.ts';
import { RawSocket } from './wire.ts';

/**
 * A closed loop: `window` messages are outstanding in all, over all conversations. A message is
 * done when every member has received it; the next one is then sent, to the next conversation.
 * Read as JSON from standard input.
 */
export interface WindowLoad {
  readonly kind: Kind;
  readonly url: string;
  /** The server’s process, whose processor time is measured together with its database’s. */
  readonly pid: number;
  /** The conversations with the tokens of their members. The first ten of each post in turn. */
  readonly conversations: readonly { readonly id: string; readonly members: readonly string[] }[];
  readonly window: number;
  readonly warmupMs: number;
  readonly measureMs: number;
}

/** The result; printed as JSON. */
export interface WindowResult {
  /** Messages that were done while measuring. */
  readonly messages: number;
  readonly deliveries: number;
  readonly seconds: number;
  /** From sending to the last receiver, ms. */
  readonly p50: number;
  readonly p99: number;
  /** Share of its core that the generator used while measuring, 0 … 1. */
  readonly generatorCpu: number;
  /** Processor time while measuring, s. */
  readonly serverCpu: { readonly node: number; readonly database: number };
  /** All messages, including warm-up and end. */
  readonly sent: number;
  /** Null when every member received every message once (and in order, where seqs are dense). */
  readonly missing: string | null;
}

/** Members of a conversation that post. */
const SENDERS = 10;
/** What is outstanding at the end must be done within this time, ms. */
const SETTLE_MS = 20_000;
/** Digits of the message’s number, which ends its body. */
const DIGITS = 8;
const TEXT = 'A message of some length, as people write them to each other';
/** Places for outstanding messages; a power of two above any window. */
const PLACES = 4_096;

interface Conversation {
  readonly id: string;
  readonly members: RawSocket[];
  nextSender: number;
}

/** The outstanding messages: the message `n` is at the place `n % PLACES`. */
class Outstanding {
  readonly #numbers = new Int32Array(PLACES).fill(-1);
  readonly #remaining = new Int32Array(PLACES);
  readonly #sentAt = new Float64Array(PLACES);
  #count = 0;

  get count(): number {
    return this.#count;
  }

  add(n: number, receivers: number): void {
    const place = n % PLACES;
    if (this.#numbers[place] !== -1) throw new Error('Too many outstanding messages');
    this.#numbers[place] = n;
    this.#remaining[place] = receivers;
    this.#sentAt[place] = performance.now();
    this.#count++;
  }

  /** A member has received `n`. Returns the time since it was sent if it was the last; else null. */
  received(n: number): number | null {
    const place = n % PLACES;
    if (this.#numbers[place] !== n) throw new Error(`Message ${n} was delivered too often`);
    const remaining = (this.#remaining[place] as number) - 1;
    this.#remaining[place] = remaining;
    if (remaining > 0) return null;
    this.#numbers[place] = -1;
    this.#count--;
    return performance.now() - (this.#sentAt[place] as number);
  }
}

async function run(load: WindowLoad): Promise<WindowResult> {
  const dialect = DIALECTS[load.kind];
  const outstanding = new Outstanding();
  const latencies: number[] = [];
  const conversations: Conversation[] = [];
  let sending = true;
  let measuring = false;
  let deliveries = 0;
  let next = 0;
  let acked = 0;
  let disorder: string | null = null;

  const post = () => {
    const n = next++;
    const conversation = conversations[n % conversations.length] as Conversation;
    const senders = Math.min(SENDERS, conversation.members.length);
    const sender = conversation.members[conversation.nextSender++ % senders] as RawSocket;
    outstanding.add(n, conversation.members.length);
    const body = TEXT + String(n).padStart(DIGITS, '0');
    sender.send(dialect.post(conversation.id, body, n).frame);
  };
  const received = (n: number) => {
    deliveries++;
    const latency = outstanding.received(n);
    if (latency === null) return;
    if (measuring) latencies.push(latency);
    if (sending) post();
  };
  for (const { id, members } of load.conversations) {
    const conversation: Conversation = { id, members: [], nextSender: 0 };
    for (const token of members) {
      const raw = await RawSocket.open(load.url, dialect.path(token, id));
      await dialect.logIn(raw, token);
      raw.onFrame = reader(dialect, raw, {
        received,
        acked: () => acked++,
        disorder: (what) => {
          disorder ??= what;
        },
      });
      conversation.members.push(raw);
    }
    conversations.push(conversation);
  }
  for (let i = 0; i < load.window; i++) post();

  await pause(load.warmupMs);
  measuring = true;
  const before = {
    deliveries,
    at: performance.now(),
    cpu: process.cpuUsage(),
    server: serverCpuOf(load.pid),
  };
  await pause(load.measureMs);
  measuring = false;
  const seconds = (performance.now() - before.at) / 1000;
  const measured = deliveries - before.deliveries;
  const cpu = process.cpuUsage(before.cpu);
  const server = serverCpuOf(load.pid);
  sending = false;

  const acks = load.kind === 'epoll' ? 0 : next;
  const complete = () => outstanding.count === 0 && acked === acks;
  for (const end = performance.now() + SETTLE_MS; !complete() && performance.now() < end; ) {
    await pause(20);
  }
  latencies.sort((a, b) => a - b);
  for (const { members } of conversations) for (const raw of members) raw.close();
  return {
    messages: latencies.length,
    deliveries: measured,
    seconds,
    p50: latencies[Math.floor(latencies.length * 0.5)] ?? 0,
    p99: latencies[Math.floor(latencies.length * 0.99)] ?? 0,
    generatorCpu: (cpu.user + cpu.system) / 1e6 / seconds,
    serverCpu: {
      node: server.node - before.server.node,
      database: server.database - before.server.database,
    },
    sent: next,
    missing:
      disorder ??
      (complete()
        ? null
        : `${outstanding.count} messages not delivered, ${acked} of ${acks} acked`),
  };
}

/** Returns the reader of a member’s frames. */
function reader(
  dialect: Dialect,
  raw: RawSocket,
  on: { received(n: number): void; acked(): void; disorder(what: string): void },
): RawSocket['onFrame'] {
  let lastSeq = 0;
  return (bytes, at, length) => {
    const seq = dialect.message(bytes, at);
    if (seq !== 0) {
      if (dialect.dense) {
        if (lastSeq !== 0 && seq !== lastSeq + 1) on.disorder(`${seq} came after ${lastSeq}`);
        lastSeq = seq;
      }
      on.received(numberBefore(bytes, at + length - dialect.afterBody));
    } else if (dialect.ack(bytes, at) !== null) on.acked();
    else if (length === 1 && bytes[at] === 0x32) raw.send('3');
    else if (bytes.toString('latin1', at, at + 12) === '{"op":"ping"') raw.send('{"op":"pong"}');
  };
}

/** Reads the digits that end at `end`. */
function numberBefore(bytes: Buffer, end: number): number {
  let n = 0;
  for (let i = end - DIGITS; i < end; i++) n = n * 10 + (bytes[i] as number) - 48;
  return n;
}

let input = '';
for await (const part of process.stdin) input += part;
process.stdout.write(JSON.stringify(await run(JSON.parse(input) as WindowLoad)));
process.exit(0);
