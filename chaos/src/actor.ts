import {
  ApiError,
  CommandRefused,
  ParleyApi,
  ParleyClient,
  type Sent,
  type Store,
} from '@parley/client';
import { type NodeSocket, nodeSocket } from '@parley/client/node';
import {
  type AccountId,
  type ClientId,
  type ConversationId,
  conversationOfStream,
  type Event,
  type Message,
  type Seq,
  streamOfAccount,
  streamOfConversation,
  WORKSPACE_STREAM,
} from '@parley/protocol';
import { uuidv7 } from 'uuidv7';
import type { FinalMessage, Op } from './history.ts';
import type { ClientPlan, Step } from './plan.ts';
import type { FaultProxy } from './proxy.ts';
import type { Random } from './random.ts';
import type { Recorder } from './recorder.ts';
import { Life, newStore } from './store.ts';

/** A conversation of the run. */
export interface Room {
  readonly id: ConversationId;
  readonly kind: 'everyone' | 'direct' | 'group';
  /** Index of the account that stays for ever, and may add and remove others. */
  readonly founder: number;
}

/** What all actors share. */
export interface Stage {
  readonly recorder: Recorder;
  readonly rooms: readonly Room[];
  /** Ids of the accounts, by index. */
  readonly accounts: readonly AccountId[];
  /** Addresses of the nodes themselves, for what is sent past the proxies. */
  readonly nodes: () => readonly string[];
  readonly mutant: string | undefined;
}

/** Who somebody is, and how to log in. */
export interface Credentials {
  readonly account: AccountId;
  readonly username: string;
  readonly password: string;
}

/** Somebody’s own messages and what was seen last are chosen from so many. */
const REMEMBERED = 40;
/** A request that had no answer is sent again, under its id, after this time, ms. */
const AGAIN_MS = 400;
/** Share of the blind posts that are two different ones under one id. */
const RIVALRIES = 0.4;
/** A request is given up after this time, ms. */
const TIMEOUT_MS = 5_000;
/** One client of the run: the SDK on a store of its own, behind a proxy of its own. */
export class Actor {
  readonly plan: ClientPlan;
  readonly proxy: FaultProxy;
  readonly api: ParleyApi;
  readonly account: AccountId;
  readonly #credentials: Credentials;
  readonly #stage: Stage;
  readonly #random: Random;
  readonly #own = new Map<ConversationId, Seq[]>();
  readonly #seen = new Map<ConversationId, Seq[]>();
  /** Commands sent long ago, to be sent again: what was said, and where. */
  readonly #past: { id: ClientId; conversation: ConversationId; body: string }[] = [];
  /** What goes on besides the client’s own connection. */
  readonly #errands = new Set<Promise<void>>();
  #store: Store;
  #life: Life | null = null;
  #lives = 1;
  #client: ParleyClient | null = null;
  #socket: NodeSocket | null = null;
  #moving: Promise<void> = Promise.resolve();

  constructor(
    plan: ClientPlan,
    credentials: Credentials,
    proxy: FaultProxy,
    port: number,
    stage: Stage,
    random: Random,
  ) {
    this.plan = plan;
    this.proxy = proxy;
    this.account = credentials.account;
    this.#credentials = credentials;
    this.api = new ParleyApi({
      url: `http://127.0.0.1:${port}`,
      timeoutMs: TIMEOUT_MS,
    });
    this.#stage = stage;
    this.#random = random;
    this.#store = newStore(plan.indexedDb, stage.mutant);
  }

  /** Begins a session of its own. */
  async login(): Promise<void> {
    const { username, password } = this.#credentials;
    await this.api.login(username, password, this.plan.name);
  }

  // ---- life -------------------------------------------------------------------------------------

  /** Whether the client runs. */
  get awake(): boolean {
    return this.#client !== null;
  }

  /** The running client. */
  get client(): ParleyClient | null {
    return this.#client;
  }

  /** Starts the client on what its store has. */
  wake(): Promise<void> {
    return this.#next(async () => {
      if (this.#client) return;
      const { recorder } = this.#stage;
      const who = { client: this.plan.name, account: this.account, life: this.#lives };
      const life = new Life(this.#store, ({ cursors }) =>
        recorder.add({
          kind: 'start',
          ...who,
          cursors: Object.fromEntries(cursors),
          t: recorder.now,
        }),
      );
      const client = new ParleyClient({
        api: this.api,
        store: life,
        socket: (url, handlers) => {
          this.#socket = nodeSocket(url, handlers);
          return this.#socket;
        },
        random: () => this.#random.next(),
        loadUsers: false,
        device: this.plan.name,
      });
      client.onEvent((event) => {
        recorder.add({ kind: 'event', ...who, event, t: recorder.now });
        this.#remember(event);
      });
      client.on('reset', ({ stream, lastSeq }) =>
        recorder.add({ kind: 'reset', ...who, stream, seq: lastSeq, t: recorder.now }),
      );
      client.on('ack', ({ entry, ack }) => {
        if (entry.command.op === 'read') return;
        this.#acked(ack.id, ack.stream, ack.seq);
        if (entry.command.op === 'post') this.#keep(this.#own, entry.command.conversation, ack.seq);
      });
      client.on('nack', ({ entry, refusal }) => {
        if (entry.command.op !== 'read') this.#nacked(entry.id, refusal.code);
        // A person would throw away what was refused.
        client.discard(entry.id);
      });
      client.on('storage', ({ message: how }) =>
        recorder.add({
          kind: 'died',
          node: `the store of ${this.plan.name}`,
          how,
          t: recorder.now,
        }),
      );
      // A session ends when its token comes again long after it was exchanged, which a jumping
      // clock makes of an answer that was lost. A person would log in again, and go on.
      client.on('ended', () => {
        recorder.add({ kind: 'ended', client: this.plan.name, t: recorder.now });
        this.#errand(async () => {
          await this.#stop('sleep');
          await this.#untilDone(() => this.login());
          await this.wake();
        });
      });
      this.#life = life;
      this.#client = client;
      await client.start(this.account);
    });
  }

  /** Stops the client in an orderly way; its store stays. */
  sleep(): Promise<void> {
    return this.#stop('sleep');
  }

  /** Kills the client: nothing more is stored or sent. */
  crash(): Promise<void> {
    return this.#stop('crash');
  }

  /** Stops the client, and forgets its store: what is not answered by then never will be. */
  async forget(): Promise<void> {
    await this.#stop('sleep');
    await this.#next(async () => {
      await this.#store.clear();
      this.#store = newStore(this.plan.indexedDb, this.#stage.mutant);
      this.#lives++;
    });
  }

  /** Cuts its connection without a word. */
  cut(): void {
    this.#socket?.cut();
  }

  #stop(how: 'sleep' | 'crash' | 'end'): Promise<void> {
    return this.#next(async () => {
      const client = this.#client;
      if (!client) return;
      this.#client = null;
      if (how === 'crash') {
        this.#life?.crash();
        this.#socket?.cut();
        // With its store gone this never ends; all it still does is to let go of the connection.
        void client.stop();
      } else {
        await client.stop();
      }
      const { recorder } = this.#stage;
      const counters = { ...client.counters };
      recorder.add({ kind: 'stop', client: this.plan.name, how, counters, t: recorder.now });
    });
  }

  /** Comings and goings happen one after the other. */
  #next(work: () => Promise<void>): Promise<void> {
    this.#moving = this.#moving.then(work);
    return this.#moving;
  }

  // ---- doing --------------------------------------------------------------------------------------

  /** Does what the plan says, as far as there is something to do it with. */
  do(step: Step): void {
    const room = this.#stage.rooms[step.conversation];
    if (!room) return;
    switch (step.op) {
      case 'join':
      case 'leave':
      case 'add':
      case 'remove':
        this.#errand(() => this.#member(step.op as 'join', room, step.pick));
        return;
      case 'away':
        return;
    }
    if (this.plan.style === 'blind' && step.op === 'post') {
      const isRivalry = step.pick < RIVALRIES;
      this.#errand(() =>
        isRivalry ? this.#postRivals(room.id, step.text) : this.#postBlindly(room.id, step.text),
      );
      return;
    }
    const client = this.#client;
    if (!client) return;
    const own = this.#pick(this.#own, room.id, step.pick);
    const seen = this.#pick(this.#seen, room.id, step.pick);
    const { text } = step;
    switch (step.op) {
      case 'post':
        this.#invoke(client.post(room.id, text), 'post', room.id, { text });
        return;
      case 'edit':
        if (own)
          this.#invoke(client.edit(room.id, own, text), 'edit', room.id, { message: own, text });
        return;
      case 'delete':
        if (own) this.#invoke(client.remove(room.id, own), 'delete', room.id, { message: own });
        return;
      case 'react':
        if (seen) {
          const sent = client.react(room.id, seen, text);
          this.#invoke(sent, 'react', room.id, { message: seen, text });
        }
        return;
      case 'unreact':
        if (seen) {
          const sent = client.unreact(room.id, seen, text);
          this.#invoke(sent, 'unreact', room.id, { message: seen, text });
        }
        return;
      case 'read':
        if (seen) client.read(room.id, seen);
        return;
      case 'unread':
        if (seen) client.read(room.id, (seen - 1) as Seq, { unread: true });
    }
  }

  /** Sends old commands again, as a client would that has found them somewhere: each to any node. */
  repeatPast(): void {
    for (const past of this.#past.splice(0)) {
      const which = this.#random.next();
      this.#errand(async () => {
        await this.#postTo(which, past);
      });
    }
  }

  /** Resolves when all that goes on besides the client’s own connection is answered. */
  async errandsDone(): Promise<void> {
    while (this.#errands.size > 0) await Promise.all(this.#errands);
  }

  #errand(work: () => Promise<void>): void {
    const errand = work().finally(() => this.#errands.delete(errand));
    this.#errands.add(errand);
  }

  #invoke(
    sent: Sent,
    op: Op,
    conversation: ConversationId,
    rest: { message?: Seq; text?: string },
  ): void {
    this.#invoked(this.plan.name, sent.id, op, conversation, rest);
    // Answers are recorded by the client’s events, also those that a later life gets.
    sent.settled.catch((error: unknown) => {
      if (!(error instanceof CommandRefused)) throw error;
    });
  }

  /** Posts under one id, twice at once, to two nodes if there are two. */
  async #postBlindly(conversation: ConversationId, body: string): Promise<void> {
    const id = uuidv7() as ClientId;
    this.#invoked(`${this.plan.name}!${id}`, id, 'post', conversation, { text: body });
    const command = { id, conversation, body };
    const stored = await Promise.all([0, 0.999].map((which) => this.#postTo(which, command)));
    // What was refused may well be stored when it comes again: somebody may have joined by then.
    if (stored.includes(true)) this.#past.push(command);
  }

  /** Posts two texts under one id at once, to two nodes if there are two: one has to be rejected. */
  async #postRivals(conversation: ConversationId, body: string): Promise<void> {
    const id = uuidv7() as ClientId;
    const [one, other] = [`${body} (one)`, `${body} (other)`];
    const client = `${this.plan.name}!${id}`;
    this.#invoked(client, id, 'post', conversation, { text: one });
    const { recorder } = this.#stage;
    const { account } = this;
    recorder.add({
      kind: 'rival',
      client,
      account,
      id,
      conversation,
      text: other,
      t: recorder.now,
    });
    const commands = [one, other].map((text) => ({ id, conversation, body: text }));
    const stored = await Promise.all(
      commands.map((command, i) => this.#postTo(i * 0.999, command)),
    );
    // Later both get the same answers again.
    if (stored.includes(true)) this.#past.push(...commands);
  }

  /** `which` in [0, 1) chooses among the nodes that run at the moment. */
  async #postTo(
    which: number,
    { id, conversation, body }: { id: ClientId; conversation: ConversationId; body: string },
  ): Promise<boolean> {
    return this.#answered(id, async () => {
      const nodes = this.#stage.nodes();
      const node = nodes[Math.floor(which * nodes.length)];
      if (node === undefined) throw new ApiError('network', 'No node runs');
      const path = `/api/v1/conversations/${conversation}/messages`;
      const response = await fetch(new URL(path, node), {
        method: 'POST',
        headers: {
          authorization: `Bearer ${await this.api.accessToken()}`,
          'content-type': 'application/json',
          'idempotency-key': id,
        },
        body: JSON.stringify({ body }),
        signal: AbortSignal.timeout(TIMEOUT_MS),
      }).catch((cause: unknown) => {
        throw new ApiError('network', 'No answer', { cause });
      });
      if (!response.ok) {
        const problem = (await response.json()) as { code: string; detail?: string };
        if (response.status === 401) this.api.dropAccessToken();
        throw new ApiError(problem.code as ApiError['code'], problem.detail ?? '', {
          status: response.status,
        });
      }
      const message = (await response.json()) as Message;
      this.#acked(id, streamOfConversation(conversation), message.seq, body);
    });
  }

  async #member(op: 'join' | 'leave' | 'add' | 'remove', room: Room, pick: number): Promise<void> {
    const { accounts } = this.#stage;
    const founder = accounts[room.founder] as AccountId;
    const others = accounts.filter((a) => a !== founder);
    const whom = others[Math.floor(pick * others.length)] as AccountId;
    // The founder stays: somebody has to read the whole log in the end.
    if (op === 'leave' && this.account === founder) return;
    const id = uuidv7() as ClientId;
    const about = op === 'add' || op === 'remove' ? { whom } : {};
    this.#invoked(`${this.plan.name}!${id}`, id, op, room.id, about);
    await this.#answered(id, async () => {
      if (op === 'join') await this.api.join(room.id, id);
      else if (op === 'leave') await this.api.leave(room.id, id);
      else if (op === 'add') await this.api.addMember(room.id, whom, id);
      else await this.api.removeMember(room.id, whom, id);
    });
  }

  /** Asks until there is an answer, the same id each time; false when it was a refusal. */
  async #answered(id: ClientId, ask: () => Promise<void>): Promise<boolean> {
    for (;;) {
      try {
        await ask();
        return true;
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        // It was carried out, and undone by somebody else since.
        if (error.code === 'no_longer_member') return true;
        if (!isPassing(error)) {
          this.#nacked(id, error.code);
          return false;
        }
      }
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
  }

  /** Tries until it works; only what passes is tried again. */
  async #untilDone(work: () => Promise<void>): Promise<void> {
    for (;;) {
      try {
        await work();
        return;
      } catch (error) {
        if (!(error instanceof ApiError) || !isPassing(error)) throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
  }

  // ---- what it knows ------------------------------------------------------------------------------

  #remember(event: Event): void {
    if (event.type === 'message.posted') {
      this.#keep(this.#seen, conversationOfStream(event.stream), event.seq);
    }
  }

  #keep(map: Map<ConversationId, Seq[]>, conversation: ConversationId, seq: Seq): void {
    const list = map.get(conversation) ?? [];
    list.push(seq);
    if (list.length > REMEMBERED) list.shift();
    map.set(conversation, list);
  }

  #pick(map: Map<ConversationId, Seq[]>, conversation: ConversationId, pick: number): Seq | null {
    const list = map.get(conversation) ?? [];
    return list[Math.floor(pick * list.length)] ?? null;
  }

  // ---- writing down -------------------------------------------------------------------------------

  #invoked(
    client: string,
    id: string,
    op: Op,
    conversation: ConversationId,
    rest: { message?: Seq; text?: string; whom?: string },
  ): void {
    const { recorder } = this.#stage;
    const { account } = this;
    recorder.add({
      kind: 'invoke',
      client,
      account,
      id,
      op,
      conversation,
      ...rest,
      t: recorder.now,
    });
  }

  #acked(id: string, stream: string, seq: number, text?: string): void {
    const { recorder } = this.#stage;
    const { name: client } = this.plan;
    const answered = { kind: 'ack', client, id, stream, seq, t: recorder.now } as const;
    recorder.add(text === undefined ? answered : { ...answered, text });
  }

  #nacked(id: string, code: string): void {
    const { recorder } = this.#stage;
    recorder.add({ kind: 'nack', client: this.plan.name, id, code, t: recorder.now });
  }

  /** Whether it waits for something, in words. */
  busy(): string | null {
    const client = this.#client;
    const { name } = this.plan;
    if (!client) return `${name} is not there`;
    if (client.state !== 'live') return `${name} is ${client.state}`;
    const waiting = client.snapshot.outbox.filter((e) => e.state === 'pending');
    return waiting.length > 0 ? `${name} waits for ${waiting.length} answers` : null;
  }

  /** What it lacks of what `heads` tell of, in words. */
  missing(heads: ReadonlyMap<ConversationId, Seq>): string | null {
    const client = this.#client;
    const { name } = this.plan;
    if (!client) return `${name} is not there`;
    for (const id of client.snapshot.conversations.keys()) {
      const head = heads.get(id);
      const cursor = client.cursors.get(streamOfConversation(id));
      if (head !== undefined && (cursor ?? -1) < head) {
        return `${name} stands at ${cursor} of ${head} in ${id}`;
      }
    }
    return null;
  }

  /** Stops for good and writes down how it stands. */
  async finish(): Promise<void> {
    const { recorder } = this.#stage;
    const client = this.#client;
    if (!client) throw new Error(`${this.plan.name} does not run`);
    const views = [...client.snapshot.conversations.values()];
    const waiting = client.snapshot.outbox.map((e) => e.id as string);
    const cursors: Record<string, number> = {};
    for (const [stream, seq] of client.cursors) {
      if (stream !== WORKSPACE_STREAM && stream !== streamOfAccount(this.account)) {
        cursors[stream] = seq;
      }
    }
    await this.#stop('end');
    const saved = await this.#store.open(this.account);
    const kept: Record<string, { from: number; messages: FinalMessage[] }> = {};
    for (const [id, from] of saved.windows) {
      const messages = saved.messages.filter((m) => m.conversation === id);
      kept[streamOfConversation(id)] = { from, messages: messages.map(finalMessage) };
    }
    await this.#store.close();
    recorder.add({
      kind: 'final',
      client: this.plan.name,
      account: this.account,
      life: this.#lives,
      cursors,
      unread: Object.fromEntries(views.map((v) => [streamOfConversation(v.id), v.unread])),
      read: Object.fromEntries(views.map((v) => [streamOfConversation(v.id), v.readSeq])),
      kept,
      waiting,
    });
  }
}

/** A message in the checker’s form. */
export function finalMessage(m: Message): FinalMessage {
  return {
    seq: m.seq,
    author: m.author,
    body: m.body,
    deletedAt: m.deletedAt,
    editedAt: m.editedAt,
    reactions: m.reactions.map((r) => ({ emoji: r.emoji, accounts: [...r.accounts] })),
  };
}

/** Whether the request may succeed later: also when the access token ended and is renewed first. */
function isPassing({ code, retryable }: ApiError): boolean {
  return retryable || code === 'unauthenticated' || code === 'token_expired';
}
