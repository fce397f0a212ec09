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
export interface Conversation {
  readonly id: ConversationId;
  readonly kind: 'everyone' | 'direct' | 'group';
  /** Index of the account that never leaves, and may add and remove others. */
  readonly founder: number;
}

/** What all actors share. */
export interface Stage {
  readonly recorder: Recorder;
  readonly conversations: readonly Conversation[];
  /** Ids of the accounts, by index. */
  readonly accounts: readonly AccountId[];
  /** Addresses of the nodes themselves, for requests that bypass the proxies. */
  readonly nodes: () => readonly string[];
  readonly mutant: string | undefined;
}

/** An account and its log-in. */
export interface Credentials {
  readonly account: AccountId;
  readonly username: string;
  readonly password: string;
}

/** Commands choose among this many of the client’s own messages and of those it saw last. */
const REMEMBERED = 40;
/** A request without an answer is repeated with the same id after this time, ms. */
const AGAIN_MS = 400;
/** Share of the blind posts that send two different texts with one id. */
const CONFLICTING_SHARE = 0.4;
/** A request times out after this time, ms. */
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
  /** Commands sent long ago, to be repeated: text and conversation. */
  readonly #past: { id: ClientId; conversation: ConversationId; body: string }[] = [];
  /** Requests that run beside the client’s own connection. */
  readonly #requests = new Set<Promise<void>>();
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

  /** Starts a session of its own. */
  async login(): Promise<void> {
    const { username, password } = this.#credentials;
    await this.api.login(username, password, this.plan.name);
  }

  // ---- life cycle --------------------------------------------------------------------------------

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
        // A user would discard what was refused.
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
      // A session ends when its token is used again long after it was exchanged, which a jumping
      // clock makes of a lost answer. A user would log in again and continue.
      client.on('ended', () => {
        recorder.add({ kind: 'ended', client: this.plan.name, t: recorder.now });
        this.#request(async () => {
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

  /** Stops the client in order; its store remains. */
  sleep(): Promise<void> {
    return this.#stop('sleep');
  }

  /** Kills the client: nothing more is stored or sent. */
  crash(): Promise<void> {
    return this.#stop('crash');
  }

  /** Stops the client and drops its store: unanswered commands stay unanswered. */
  async forget(): Promise<void> {
    await this.#stop('sleep');
    await this.#next(async () => {
      await this.#store.clear();
      this.#store = newStore(this.plan.indexedDb, this.#stage.mutant);
      this.#lives++;
    });
  }

  /** Cuts its connection without a close frame. */
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
        // Without its store this never ends; all it still does is release the connection.
        void client.stop();
      } else {
        await client.stop();
      }
      const { recorder } = this.#stage;
      const counters = { ...client.counters };
      recorder.add({ kind: 'stop', client: this.plan.name, how, counters, t: recorder.now });
    });
  }

  /** Starts and stops run one after the other. */
  #next(work: () => Promise<void>): Promise<void> {
    this.#moving = this.#moving.then(work);
    return this.#moving;
  }

  // ---- commands ----------------------------------------------------------------------------------

  /** Carries out a step of the plan, as far as there is an object for it. */
  do(step: Step): void {
    const conversation = this.#stage.conversations[step.conversation];
    if (!conversation) return;
    switch (step.op) {
      case 'join':
      case 'leave':
      case 'add':
      case 'remove':
        this.#request(() => this.#member(step.op as 'join', conversation, step.pick));
        return;
      case 'away':
        return;
    }
    if (this.plan.style === 'blind' && step.op === 'post') {
      const isConflicting = step.pick < CONFLICTING_SHARE;
      this.#request(() =>
        isConflicting
          ? this.#postConflicting(conversation.id, step.text)
          : this.#postBlindly(conversation.id, step.text),
      );
      return;
    }
    const client = this.#client;
    if (!client) return;
    const own = this.#pick(this.#own, conversation.id, step.pick);
    const seen = this.#pick(this.#seen, conversation.id, step.pick);
    const { text } = step;
    switch (step.op) {
      case 'post':
        this.#invoke(client.post(conversation.id, text), 'post', conversation.id, { text });
        return;
      case 'edit':
        if (own)
          this.#invoke(client.edit(conversation.id, own, text), 'edit', conversation.id, {
            message: own,
            text,
          });
        return;
      case 'delete':
        if (own)
          this.#invoke(client.remove(conversation.id, own), 'delete', conversation.id, {
            message: own,
          });
        return;
      case 'react':
        if (seen) {
          const sent = client.react(conversation.id, seen, text);
          this.#invoke(sent, 'react', conversation.id, { message: seen, text });
        }
        return;
      case 'unreact':
        if (seen) {
          const sent = client.unreact(conversation.id, seen, text);
          this.#invoke(sent, 'unreact', conversation.id, { message: seen, text });
        }
        return;
      case 'pin':
        if (seen)
          this.#invoke(client.pin(conversation.id, seen), 'pin', conversation.id, {
            message: seen,
          });
        return;
      case 'unpin':
        if (seen)
          this.#invoke(client.unpin(conversation.id, seen), 'unpin', conversation.id, {
            message: seen,
          });
        return;
      case 'read':
        if (seen) client.read(conversation.id, seen);
        return;
      case 'unread':
        if (seen) client.read(conversation.id, (seen - 1) as Seq, { unread: true });
    }
  }

  /** Repeats old commands, each on a random node, as a client with a stale outbox would. */
  repeatPast(): void {
    for (const past of this.#past.splice(0)) {
      const which = this.#random.next();
      this.#request(async () => {
        await this.#postTo(which, past);
      });
    }
  }

  /** Resolves when all requests beside the client’s own connection are answered. */
  async requestsDone(): Promise<void> {
    while (this.#requests.size > 0) await Promise.all(this.#requests);
  }

  #request(work: () => Promise<void>): void {
    const request = work().finally(() => this.#requests.delete(request));
    this.#requests.add(request);
  }

  #invoke(
    sent: Sent,
    op: Op,
    conversation: ConversationId,
    rest: { message?: Seq; text?: string },
  ): void {
    this.#invoked(this.plan.name, sent.id, op, conversation, rest);
    // The client’s events record answers, including those that a later life receives.
    sent.settled.catch((error: unknown) => {
      if (!(error instanceof CommandRefused)) throw error;
    });
  }

  /** Posts twice at once with one id, on two nodes if there are two. */
  async #postBlindly(conversation: ConversationId, body: string): Promise<void> {
    const id = uuidv7() as ClientId;
    this.#invoked(`${this.plan.name}!${id}`, id, 'post', conversation, { text: body });
    const command = { id, conversation, body };
    const stored = await Promise.all([0, 0.999].map((which) => this.#postTo(which, command)));
    // A refused command may be stored when it is repeated: the account may have joined by then.
    if (stored.includes(true)) this.#past.push(command);
  }

  /** Posts two texts with one id at once, on two nodes if there are two: one must be rejected. */
  async #postConflicting(conversation: ConversationId, body: string): Promise<void> {
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
    // Later repetitions of both get the same answers.
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

  async #member(
    op: 'join' | 'leave' | 'add' | 'remove',
    conversation: Conversation,
    pick: number,
  ): Promise<void> {
    const { accounts } = this.#stage;
    const founder = accounts[conversation.founder] as AccountId;
    const others = accounts.filter((a) => a !== founder);
    const whom = others[Math.floor(pick * others.length)] as AccountId;
    // The founder never leaves, to read the whole log at the end.
    if (op === 'leave' && this.account === founder) return;
    const id = uuidv7() as ClientId;
    const about = op === 'add' || op === 'remove' ? { whom } : {};
    this.#invoked(`${this.plan.name}!${id}`, id, op, conversation.id, about);
    await this.#answered(id, async () => {
      if (op === 'join') await this.api.join(conversation.id, id);
      else if (op === 'leave') await this.api.leave(conversation.id, id);
      else if (op === 'add') await this.api.addMember(conversation.id, whom, id);
      else await this.api.removeMember(conversation.id, whom, id);
    });
  }

  /** Repeats a request with the same id until it is answered; false after a refusal. */
  async #answered(id: ClientId, ask: () => Promise<void>): Promise<boolean> {
    for (;;) {
      try {
        await ask();
        return true;
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        // It was carried out, and another member has undone it since.
        if (error.code === 'no_longer_member') return true;
        if (!isPassing(error)) {
          this.#nacked(id, error.code);
          return false;
        }
      }
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
  }

  /** Retries until it succeeds; only temporary failures are retried. */
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

  // ---- state -------------------------------------------------------------------------------------

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

  // ---- recording ---------------------------------------------------------------------------------

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

  /** Returns what it waits for, or null. */
  busy(): string | null {
    const client = this.#client;
    const { name } = this.plan;
    if (!client) return `${name} is not there`;
    if (client.state !== 'live') return `${name} is ${client.state}`;
    const waiting = client.snapshot.outbox.filter((e) => e.state === 'pending');
    return waiting.length > 0 ? `${name} waits for ${waiting.length} answers` : null;
  }

  /** Returns what it lacks compared with `heads`, or null. */
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

  /** Stops for good and records its final state. */
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

/** Returns a message in the form of the checker. */
export function finalMessage(m: Message): FinalMessage {
  return {
    seq: m.seq,
    author: m.author,
    body: m.body,
    deletedAt: m.deletedAt,
    editedAt: m.editedAt,
    reactions: m.reactions.map((r) => ({ emoji: r.emoji, accounts: [...r.accounts] })),
    pinned: m.pinned && { by: m.pinned.by, at: m.pinned.at },
  };
}

/** Whether the request may succeed later: also when the access token ended and is renewed first. */
function isPassing({ code, retryable }: ApiError): boolean {
  return retryable || code === 'unauthenticated' || code === 'token_expired';
}
