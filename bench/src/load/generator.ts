import { setTimeout as pause } from 'node:timers/promises';
import { DIALECTS, type Dialect, type Kind } from './kinds.ts';
import { RawSocket } from './wire.ts';

/** The load to generate; read as JSON from standard input. */
export interface Load {
  readonly kind: Kind;
  /** The nodes; sockets are spread over them in turn. */
  readonly urls: readonly string[];
  /** The conversations with the tokens of their members; the first `senders` of each post. */
  readonly conversations: readonly { readonly id: string; readonly members: readonly string[] }[];
  readonly senders: number;
  readonly outstanding: number;
  readonly warmupMs: number;
  readonly measureMs: number;
}

/** The result; printed as JSON. */
export interface LoadResult {
  readonly messages: number;
  readonly deliveries: number;
  readonly seconds: number;
  readonly p50: number;
  readonly p99: number;
  /** Share of its core that the generator used while measuring, 0 … 1. */
  readonly generatorCpu: number;
  /** All acknowledged messages, including warm-up and end. */
  readonly acked: number;
  /** Null when every member received every message once (and in order, where seqs are dense). */
  readonly missing: string | null;
}

const BODY = 'A message of some length, as people write them to each other at work.';
/** Deliveries must arrive within this time after the last ack, ms. */
const SETTLE_MS = 20_000;

interface Member {
  readonly raw: RawSocket;
  readonly conversation: number;
  received: number;
  lastSeq: number;
  disorder: string | null;
  sent: Map<string, number>;
  /** Own messages in order, for servers without acks. */
  order: string[];
}

async function run(load: Load): Promise<LoadResult> {
  const dialect = DIALECTS[load.kind];
  const echo = load.kind === 'epoll';
  const members: Member[] = [];
  const ackedIn = load.conversations.map(() => 0);
  let sending = true;
  let measuring = false;
  let n = 0;
  let acked = 0;
  let deliveries = 0;
  let messages = 0;
  let measured = 0;
  let latencies: number[] = [];

  const post = (member: Member) => {
    const conversation = load.conversations[member.conversation]?.id ?? '';
    const { name, frame } = dialect.post(conversation, BODY, n++);
    member.sent.set(name, performance.now());
    member.raw.send(frame);
  };
  const acknowledge = (member: Member, name: string) => {
    const at = member.sent.get(name);
    if (at === undefined) throw new Error(`An ack for ${name}, which was not sent`);
    member.sent.delete(name);
    acked++;
    ackedIn[member.conversation] = (ackedIn[member.conversation] ?? 0) + 1;
    if (measuring) {
      messages++;
      latencies.push(performance.now() - at);
    }
    if (sending) post(member);
  };
  const received = (member: Member, seq: number) => {
    member.received++;
    deliveries++;
    if (dialect.dense) {
      if (member.lastSeq !== 0 && seq !== member.lastSeq + 1)
        member.disorder ??= `${seq} came after ${member.lastSeq}`;
      member.lastSeq = seq;
    }
  };
  for (const [conversation, { id, members: tokens }] of load.conversations.entries()) {
    for (const [n, token] of tokens.entries()) {
      // The first member of each conversation is on another node.
      const url = load.urls[(conversation + n) % load.urls.length] as string;
      const raw = await RawSocket.open(url, dialect.path(token, id));
      const member: Member = {
        raw,
        conversation,
        received: 0,
        lastSeq: 0,
        disorder: null,
        sent: new Map(),
        order: [],
      };
      await dialect.logIn(raw, token);
      raw.onFrame = reader(dialect, echo, member, received, acknowledge);
      members.push(member);
    }
  }
  const senders = load.conversations.flatMap((_, conversation) =>
    members.filter((m) => m.conversation === conversation).slice(0, load.senders),
  );
  for (const sender of senders) for (let i = 0; i < load.outstanding; i++) post(sender);

  await pause(load.warmupMs);
  measuring = true;
  latencies = [];
  const before = { deliveries, at: performance.now(), cpu: process.cpuUsage() };
  await pause(load.measureMs);
  measuring = false;
  measured = deliveries - before.deliveries;
  const seconds = (performance.now() - before.at) / 1000;
  const cpu = process.cpuUsage(before.cpu);
  sending = false;

  const size = (conversation: number) => load.conversations[conversation]?.members.length ?? 0;
  const complete = () =>
    members.every((m) => m.sent.size === 0) &&
    deliveries ===
      ackedIn.reduce((sum, count, conversation) => sum + count * size(conversation), 0);
  for (const end = performance.now() + SETTLE_MS; !complete() && performance.now() < end; )
    await pause(20);
  const late = members.find((m) => m.sent.size > 0 || m.received !== ackedIn[m.conversation]);
  const disorder = members.find((m) => m.disorder !== null)?.disorder;
  latencies.sort((a, b) => a - b);
  for (const member of members) member.raw.close();
  return {
    messages,
    deliveries: measured,
    seconds,
    p50: latencies[Math.floor(latencies.length * 0.5)] ?? 0,
    p99: latencies[Math.floor(latencies.length * 0.99)] ?? 0,
    generatorCpu: (cpu.user + cpu.system) / 1e6 / seconds,
    acked,
    missing:
      disorder ??
      (late
        ? `a member has ${late.received} of ${ackedIn[late.conversation]} messages, ${late.sent.size} unanswered`
        : null),
  };
}

function reader(
  dialect: Dialect,
  echo: boolean,
  member: Member,
  received: (member: Member, seq: number) => void,
  acknowledge: (member: Member, name: string) => void,
): RawSocket['onFrame'] {
  if (echo) {
    // The name is at a fixed offset: the client’s own message is the ack.
    return (bytes, at) => {
      received(member, -1);
      if (member.sent.size === 0) return;
      const name = bytes.toString('latin1', at + 6, at + 18);
      if (member.sent.has(name)) acknowledge(member, name);
    };
  }
  return (bytes, at, length) => {
    const seq = dialect.message(bytes, at);
    if (seq !== 0) {
      received(member, seq);
      return;
    }
    const name = dialect.ack(bytes, at);
    if (name !== null) acknowledge(member, name);
    else if (length === 1 && bytes[at] === 0x32) member.raw.send('3');
    else if (bytes.toString('latin1', at, at + 12) === '{"op":"ping"')
      member.raw.send('{"op":"pong"}');
  };
}

let input = '';
for await (const part of process.stdin) input += part;
process.stdout.write(JSON.stringify(await run(JSON.parse(input) as Load)));
process.exit(0);
