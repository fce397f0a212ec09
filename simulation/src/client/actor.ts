import { discardRefused } from '@parley/chaos/discard-refused';
import { finalMessage } from '@parley/chaos/final-message';
import type { FinalMessage, Op } from '@parley/chaos/history';
import type { Random } from '@parley/chaos/random';
import { CursorFirstStore, KeptStore } from '@parley/chaos/store';
import { CommandRefused, ParleyApi, ParleyClient, type Sent } from '@parley/client';
import {
  type AccountId,
  type ClientId,
  type ConversationId,
  conversationOfStream,
  type Event,
  type Seq,
  streamOfAccount,
  streamOfConversation,
  WORKSPACE_STREAM,
} from '@parley/protocol';
import { uuidv7 } from 'uuidv7';
import type { EventLoop } from '../event-loop.ts';
import type { History } from '../history.ts';
import type { Network } from '../network/network.ts';
import { tokenOf } from '../node/tokens.ts';
import type { ClientPlan, Step } from '../plan.ts';
import { Process } from '../process.ts';
import { fetchOf, Requests } from './requests.ts';
import { StoreOfLife } from './store.ts';

/** What all clients of a run share. */
export interface Stage {
  readonly loop: EventLoop;
  readonly network: Network;
  readonly history: History;
  /** Ids of the accounts, by index. */
  readonly accounts: readonly AccountId[];
  /** Ids of the conversations, by index. */
  readonly conversations: readonly ConversationId[];
  /** Whether clients store the cursor before the data, as a planted fault. */
  readonly cursorFirst: boolean;
}

/** Commands choose among this many of the client’s own messages and of those it saw last. */
const REMEMBERED = 20;
/** The share of posts that quote a message, one of the oldest that the client remembers. */
const REPLIES = 0.25;

/** A client of a run: the SDK on a store that survives it. */
export class Actor {
  readonly plan: ClientPlan;
  readonly account: AccountId;
  /** What is sent over REST, and goes on when the client is killed. */
  readonly requests: Requests;
  readonly #stage: Stage;
  readonly #random: Random;
  readonly #own = new Map<ConversationId, Seq[]>();
  readonly #seen = new Map<ConversationId, Seq[]>();
  /** Commands to be repeated at the end. */
  readonly #past: { id: ClientId; conversation: ConversationId; body: string }[] = [];
  readonly #requester: Process;
  #store: KeptStore;
  #stores = 1;
  #client: ParleyClient | null = null;
  /** The client that is being stopped. */
  #stopping: ParleyClient | null = null;
  /** Whether it runs again once it is stopped. */
  #isWanted = false;
  /** Whether the store is dropped once it is stopped. */
  #forgets = false;
  #process: Process;
  bytesPerMs = Number.POSITIVE_INFINITY;

  constructor(plan: ClientPlan, stage: Stage, random: Random) {
    this.plan = plan;
    this.#stage = stage;
    this.#random = random;
    this.account = stage.accounts[plan.account] as AccountId;
    this.#store = this.#newStore();
    this.#process = new Process(plan.name);
    const requests = new Process(`${plan.name}!`);
    this.requests = new Requests(stage.loop, stage.network, requests, this.account);
    this.#requester = requests;
  }

  // ---- lives --------------------------------------------------------------------------------------

  /** The process of its present or last life. */
  get process(): Process {
    return this.#process;
  }

  /** Starts a life on what the store has, as soon as the life before has ended. */
  wake(): void {
    this.#isWanted = true;
    if (this.#client || this.#stopping) return;
    const { loop } = this.#stage;
    this.#process = new Process(this.plan.name);
    this.#process.clockOffsetMs = this.plan.clockOffsetMs;
    loop.within(this.#process, () => {
      const client = this.#newClient();
      this.#client = client;
      void client.start(this.account).then(() => discardRefused(client));
    });
  }

  /** Kills the client: nothing more is stored or sent. */
  crash(): void {
    this.#isWanted = false;
    const client = this.#client ?? this.#stopping;
    if (!client) return;
    this.#process.isAlive = false;
    for (const link of this.#stage.network.of(this.#process)) link.cut();
    this.#ended(client, 'crash');
  }

  /** Stops the client in order; one that is frozen is killed. */
  async sleep(how: 'sleep' | 'end' = 'sleep'): Promise<void> {
    this.#isWanted = false;
    const client = this.#client;
    if (!client) return;
    if (this.#process.isFrozen) {
      this.crash();
      return;
    }
    this.#client = null;
    this.#stopping = client;
    await this.#within(() => client.stop());
    this.#ended(client, how);
  }

  /** Stops the client and drops what it stored: unanswered commands stay unanswered. */
  forget(): void {
    this.#forgets = true;
    void this.sleep();
  }

  #ended(client: ParleyClient, how: 'sleep' | 'crash' | 'end'): void {
    this.#client = null;
    this.#stopping = null;
    const counters = { ...client.counters };
    this.#stage.history.add({ kind: 'stop', client: this.plan.name, how, counters });
    if (this.#forgets) {
      this.#forgets = false;
      this.#store = this.#newStore();
      this.#stores++;
    }
    if (this.#isWanted) this.wake();
  }

  #within<T>(work: () => Promise<T>): Promise<T> {
    const { loop } = this.#stage;
    return new Promise((resolve, reject) => {
      loop.after(0, this.#process, () => {
        work().then(resolve, reject);
      });
    });
  }

  #newStore(): KeptStore {
    return this.#stage.cursorFirst ? new CursorFirstStore() : new KeptStore();
  }

  #newClient(): ParleyClient {
    const { loop, network, history } = this.#stage;
    const process = this.#process;
    const who = { client: this.plan.name, account: this.account, life: this.#stores };
    const store = new StoreOfLife(this.#store, loop.schedulerOf(process), ({ cursors }) =>
      history.add({ kind: 'start', ...who, cursors: Object.fromEntries(cursors) }),
    );
    const api = new ParleyApi({
      url: 'http://parley',
      sessionToken: tokenOf(this.account),
      fetch: fetchOf(network, process),
    });
    const client = new ParleyClient({
      api,
      store,
      socket: (_url, handlers) => {
        history.add({ kind: 'connect', client: this.plan.name });
        return network.open(process, handlers, this.bytesPerMs);
      },
      random: () => this.#random.next(),
      loadUsers: false,
    });
    client.onEvent((event) => {
      history.add({ kind: 'event', ...who, event });
      this.#remember(event);
    });
    client.on('reset', ({ stream, lastSeq: seq }) =>
      history.add({ kind: 'reset', ...who, stream, seq }),
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
    const died = (how: string) => history.add({ kind: 'died', node: this.plan.name, how });
    client.on('storage', ({ message }) => died(`its store failed: ${message}`));
    client.on('ended', () => died('its session ended'));
    return client;
  }

  // ---- commands -----------------------------------------------------------------------------------

  /** Carries out a step of the plan, as far as there is an object for it. */
  do(step: Step): void {
    const conversation = this.#stage.conversations[step.conversation] as ConversationId;
    const { op, text, pick } = step;
    if (op === 'join' || op === 'leave' || op === 'add' || op === 'remove') {
      void this.#member(op, conversation, pick);
    } else if (op === 'twice') {
      void this.#postTwice(conversation, text, text);
    } else if (op === 'rivals') {
      void this.#postTwice(conversation, `${text} (one)`, `${text} (other)`);
    } else if (this.#client && !this.#process.isFrozen) {
      const client = this.#client;
      this.#stage.loop.after(0, this.#process, () => this.#send(client, step, conversation));
    }
  }

  #send(client: ParleyClient, { op, text, pick }: Step, id: ConversationId): void {
    const own = pickOf(this.#own, id, pick);
    const seen = pickOf(this.#seen, id, pick);
    if (op === 'post') {
      const quote = seen !== null && pick < REPLIES ? { replyTo: seen } : {};
      this.#invoke(client.post(id, text, quote), 'post', id, { text });
    } else if (op === 'edit' && own) {
      this.#invoke(client.edit(id, own, text), 'edit', id, { message: own, text });
    } else if (op === 'delete' && own) {
      this.#invoke(client.remove(id, own), 'delete', id, { message: own });
    } else if (op === 'react' && seen) {
      this.#invoke(client.react(id, seen, text), 'react', id, { message: seen, text });
    } else if (op === 'unreact' && seen) {
      this.#invoke(client.unreact(id, seen, text), 'unreact', id, { message: seen, text });
    } else if (op === 'pin' && seen) {
      this.#invoke(client.pin(id, seen), 'pin', id, { message: seen });
    } else if (op === 'unpin' && seen) {
      this.#invoke(client.unpin(id, seen), 'unpin', id, { message: seen });
    } else if (op === 'read' && seen) {
      client.read(id, seen);
    } else if (op === 'unread' && seen) {
      client.read(id, (seen - 1) as Seq, { unread: true });
    }
  }

  /** Sends commands of the run again, as a client with a stale outbox would: the answers are the same. */
  repeatPast(): void {
    for (const past of this.#past.splice(0)) void this.#post(past, this.#random.next());
  }

  #invoke(
    sent: Sent,
    op: Op,
    conversation: ConversationId,
    rest: { message?: Seq; text?: string },
  ): void {
    // What was sent before the store was dropped is in no order to the rest.
    this.#invoked(`${this.plan.name}~${this.#stores}`, sent.id, op, conversation, rest);
    // The client’s events record answers, including those that a later life receives.
    sent.settled.catch((error: unknown) => {
      if (!(error instanceof CommandRefused)) throw error;
    });
  }

  /** Posts twice at once with one id. Of two texts one must be rejected. */
  async #postTwice(conversation: ConversationId, one: string, other: string): Promise<void> {
    const { loop, history } = this.#stage;
    const id = loop.within(this.#requester, uuidv7) as ClientId;
    const client = `${this.plan.name}!${id}`;
    const { account } = this;
    this.#invoked(client, id, 'post', conversation, { text: one });
    if (other !== one) {
      history.add({ kind: 'rival', client, account, id, conversation, text: other });
    }
    const which = this.#random.next();
    const commands = [one, other].map((body) => ({ id, conversation, body }));
    // Often on one node, so that both are in one batch.
    const nodes = this.#random.chance(0.5) ? [which, which] : [which, 1 - which];
    const stored = await Promise.all(commands.map((c, i) => this.#post(c, nodes[i] as number)));
    // A refused command may be stored when it is repeated: the account may have joined by then.
    if (stored.includes(true)) this.#past.push(...commands);
  }

  async #post(
    { id, conversation, body }: { id: ClientId; conversation: ConversationId; body: string },
    which: number,
  ): Promise<boolean> {
    const path = `/conversations/${conversation}/messages`;
    const answer = await this.requests.send({ method: 'POST', path, id, body: { body } }, which);
    if (answer.kind === 'done') {
      this.#acked(id, streamOfConversation(conversation), answer.seq, body);
    } else if (answer.kind === 'refused') this.#nacked(id, answer.code);
    return answer.kind === 'done';
  }

  async #member(
    op: 'join' | 'leave' | 'add' | 'remove',
    conversation: ConversationId,
    pick: number,
  ): Promise<void> {
    const { loop, accounts } = this.#stage;
    // The first account has created all groups and never leaves: it reads the whole logs at the end.
    if (op === 'leave' && this.plan.account === 0) return;
    const others = accounts.slice(1);
    const whom = others[Math.floor(pick * others.length)] as AccountId;
    const id = loop.within(this.#requester, uuidv7) as ClientId;
    const isAboutOther = op === 'add' || op === 'remove';
    this.#invoked(`${this.plan.name}!${id}`, id, op, conversation, isAboutOther ? { whom } : {});
    const path = `/conversations/${conversation}`;
    const answer = await this.requests.send(
      op === 'remove'
        ? { method: 'DELETE', path: `${path}/members/${whom}`, id, body: null }
        : op === 'add'
          ? { method: 'POST', path: `${path}/members`, id, body: { account: whom } }
          : { method: 'POST', path: `${path}/${op}`, id, body: null },
    );
    if (answer.kind === 'refused') this.#nacked(id, answer.code);
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

  // ---- recording ----------------------------------------------------------------------------------

  #invoked(
    client: string,
    id: string,
    op: Op,
    conversation: ConversationId,
    rest: { message?: Seq; text?: string; whom?: string },
  ): void {
    const { account } = this;
    this.#stage.history.add({ kind: 'invoke', client, account, id, op, conversation, ...rest });
  }

  #acked(id: string, stream: string, seq: number, text?: string): void {
    const { name: client } = this.plan;
    this.#stage.history.add({
      kind: 'ack',
      client,
      id,
      stream,
      seq,
      ...(text !== undefined && { text }),
    });
  }

  #nacked(id: string, code: string): void {
    this.#stage.history.add({ kind: 'nack', client: this.plan.name, id, code });
  }

  // ---- convergence --------------------------------------------------------------------------------

  /** Returns what it lacks of `heads` or waits for; null if it has everything. */
  missing(heads: ReadonlyMap<string, number>): string | null {
    const client = this.#client;
    const { name } = this.plan;
    if (!client) return `${name} does not run`;
    if (this.requests.open > 0) return `${name} waits for ${this.requests.open} requests`;
    if (client.state !== 'live') return `${name} is ${client.state}`;
    const waiting = client.snapshot.outbox.filter((entry) => entry.state === 'pending');
    if (waiting.length > 0) return `${name} waits for ${waiting.length} answers`;
    const { cursors } = client;
    for (const id of client.snapshot.conversations.keys()) {
      const stream = streamOfConversation(id);
      const head = heads.get(stream);
      const cursor = cursors.get(stream) ?? -1;
      if (head !== undefined && cursor < head) return `${name} is at ${cursor} of ${head} in ${id}`;
    }
    const personal = streamOfAccount(this.account);
    if ((cursors.get(personal) ?? -1) < (heads.get(personal) ?? 0)) {
      return `${name} lacks events of its personal stream`;
    }
    return null;
  }

  /** Stops for good and records the final state. */
  async finish(): Promise<void> {
    const client = this.#client;
    if (!client) return;
    const views = [...client.snapshot.conversations.values()];
    const waiting = client.snapshot.outbox.map((entry) => entry.id as string);
    const cursors: Record<string, number> = {};
    for (const [stream, seq] of client.cursors) {
      if (stream !== WORKSPACE_STREAM && stream !== streamOfAccount(this.account)) {
        cursors[stream] = seq;
      }
    }
    await this.sleep('end');
    const saved = await this.#store.open(this.account);
    const kept: Record<string, { from: number; messages: FinalMessage[] }> = {};
    for (const [id, from] of saved.windows) {
      const messages = saved.messages.filter((message) => message.conversation === id);
      kept[streamOfConversation(id)] = { from, messages: messages.map(finalMessage) };
    }
    this.#stage.history.add({
      kind: 'final',
      client: this.plan.name,
      account: this.account,
      life: this.#stores,
      cursors,
      unread: Object.fromEntries(views.map((v) => [streamOfConversation(v.id), v.unread])),
      read: Object.fromEntries(views.map((v) => [streamOfConversation(v.id), v.readSeq])),
      kept,
      waiting,
    });
  }
}

function pickOf(map: ReadonlyMap<ConversationId, Seq[]>, id: ConversationId, pick: number) {
  const list = map.get(id) ?? [];
  return list[Math.floor(pick * list.length)] ?? null;
}
