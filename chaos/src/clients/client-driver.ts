import {
  ApiError,
  CommandRefused,
  ParleyApi,
  ParleyClient,
  type SocketHandlers,
  type Store,
} from '@parley/client';
import { type NodeSocket, nodeSocket } from '@parley/client/node';
import {
  type AccountId,
  type ConversationId,
  type Seq,
  streamOfConversation,
} from '@parley/protocol';
import { CommandRecorder } from '../history/command-recorder.ts';
import { recordLive } from '../history/live-recorder.ts';
import type { Random } from '../lib/random.ts';
import type { ClientPlan, Step } from '../plan/plan.ts';
import type { FaultProxy } from '../processes/proxy.ts';
import { lookAt } from '../steps/guest-steps.ts';
import { KnownMessages } from '../steps/message-choice.ts';
import { isModerationStep, moderationRequest } from '../steps/moderation-steps.ts';
import { isThreadStep, threadRequest } from '../steps/thread-steps.ts';
import { type RecordedClient, recordClient, recordStart } from './client-recorder.ts';
import { discardRefused } from './discard-refused.ts';
import { finalRecord } from './final-record.ts';
import { GuestRecorder } from './guest-recorder.ts';
import { Requests, TIMEOUT_MS } from './requests.ts';
import type { RunContext } from './run-context.ts';
import { takeStep } from './sdk-steps.ts';
import { newStore, ProcessStore } from './store.ts';

/** An account and its login. */
export interface Credentials {
  readonly account: AccountId;
  readonly username: string;
  readonly password: string;
}

/** Share of the blind posts that send two different texts with one id. */
const CONFLICTING_SHARE = 0.4;

/** Drives one client of the run through its plan: the SDK with its own store, behind its own proxy. */
export class ClientDriver {
  readonly plan: ClientPlan;
  readonly proxy: FaultProxy;
  readonly api: ParleyApi;
  readonly account: AccountId;
  /** Requests that bypass its own connection. */
  readonly requests: Requests;
  readonly #credentials: Credentials;
  readonly #context: RunContext;
  readonly #random: Random;
  readonly #record: CommandRecorder;
  readonly #messages = new KnownMessages();
  /** Null if it is not a guest. */
  readonly #guest: GuestRecorder | null;
  #store: Store;
  #processStore: ProcessStore | null = null;
  #stores = 1;
  #client: ParleyClient | null = null;
  #socket: NodeSocket | null = null;
  #moving: Promise<void> = Promise.resolve();

  constructor(
    plan: ClientPlan,
    credentials: Credentials,
    proxy: FaultProxy,
    port: number,
    context: RunContext,
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
    this.#context = context;
    this.#random = random;
    this.#record = new CommandRecorder(context.recorder, plan.name, this.account);
    const { api, account } = this;
    this.requests = new Requests({ api, account, context, record: this.#record, random });
    this.#store = newStore(plan.indexedDb, context.planted);
    const who = { client: plan.name, account };
    this.#guest = plan.isGuest ? new GuestRecorder(context.recorder, who, context.subjects) : null;
  }

  /** Starts its own session. */
  async login(): Promise<void> {
    const { username, password } = this.#credentials;
    await this.api.login(username, password, this.plan.name);
  }

  get #asRecorded(): RecordedClient {
    return { client: this.plan.name, account: this.account, store: this.#stores };
  }

  // ---- life cycle --------------------------------------------------------------------------------

  /** The running client. */
  get client(): ParleyClient | null {
    return this.#client;
  }

  /** Starts the client on the state of its store. */
  wake(): Promise<void> {
    return this.#next(async () => {
      if (this.#client) return;
      const { recorder } = this.#context;
      const who = this.#asRecorded;
      const store = new ProcessStore(this.#store, (saved) => recordStart(recorder, who, saved));
      const client = new ParleyClient({
        api: this.api,
        store,
        socket: (url, handlers) => {
          recorder.add({ kind: 'connect', client: this.plan.name, t: recorder.now });
          const recorded = recordLive(handlers, () => client, this.plan.name, recorder);
          this.#socket = nodeSocket(url, this.#recordedFor(recorded));
          return this.#socket;
        },
        random: () => this.#random.next(),
        loadUsers: false,
        // A guest asks for the presence of everyone.
        ...(this.plan.isGuest && { presence: 'subscribed' }),
        device: this.plan.name,
      });
      const [commands, messages] = [this.#record, this.#messages];
      recordClient(client, who, { sink: recorder, commands, messages });
      // A session ends when its token is reused long after it was exchanged, which can happen when
      // an answer is lost and the clock jumps. A user would log in again and continue.
      client.on('ended', () => {
        recorder.add({ kind: 'ended', client: this.plan.name, t: recorder.now });
        this.requests.run(async () => {
          await this.#stop('sleep');
          await this.requests.untilDone(() => this.login());
          await this.wake();
        });
      });
      this.#processStore = store;
      this.#client = client;
      if (this.plan.isGuest) client.subscribePresence(this.#context.accounts);
      await client.start(this.account);
      discardRefused(client);
      // The next ping loads them again.
      client.threads.load().catch((error: unknown) => {
        if (!(error instanceof ApiError)) throw error;
      });
    });
  }

  /** Stops the client gracefully; its store remains. */
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
      this.#store = newStore(this.plan.indexedDb, this.#context.planted);
      this.#stores++;
      this.#record.storeDropped();
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
        this.#processStore?.crash();
        this.#socket?.cut();
        // Without its store this never ends; it only releases the connection.
        void client.stop();
      } else {
        await client.stop();
      }
      const { recorder } = this.#context;
      const counters = { ...client.counters };
      recorder.add({ kind: 'stop', client: this.plan.name, how, counters, t: recorder.now });
    });
  }

  /** Starts and stops run sequentially. */
  #next(work: () => Promise<void>): Promise<void> {
    this.#moving = this.#moving.then(work);
    return this.#moving;
  }

  // ---- commands ----------------------------------------------------------------------------------

  /** Runs a step of the plan, if there is a target for it. */
  do(step: Step): void {
    const { op, pick, text } = step;
    const conversation = this.#context.conversations[step.conversation];
    if (!conversation) return;
    const { id } = conversation;
    const { requests } = this;
    switch (op) {
      case 'join':
      case 'leave':
      case 'add':
      case 'remove':
        requests.run(() => requests.member(op, conversation, pick));
        return;
      case 'away':
        return;
      case 'look':
        requests.run(() => this.#probe(id, pick));
        return;
    }
    if (this.plan.style === 'blind' && op === 'post') {
      const isConflicting = pick < CONFLICTING_SHARE;
      requests.run(() =>
        isConflicting ? requests.postConflicting(id, text) : requests.postBlindly(id, text),
      );
      return;
    }
    const target = { conversation: id, text, pick, ...this.#messages.targets(id, pick) };
    if (isThreadStep(op)) {
      requests.run(() => requests.send(threadRequest(op, target), target));
      return;
    }
    if (isModerationStep(op)) {
      requests.run(() => requests.send(moderationRequest(op, target), target));
      return;
    }
    const client = this.#client;
    if (!client) return;
    const invoked = takeStep(client, op, target);
    if (!invoked) return;
    const { sent, details } = invoked;
    this.#record.invoked(sent.id, invoked.op, id, details);
    // The client’s events record answers, including those that a later process receives.
    sent.settled.catch((error: unknown) => {
      if (!(error instanceof CommandRefused)) throw error;
    });
  }

  /** Returns handlers that also record what a guest learns. */
  #recordedFor(handlers: SocketHandlers): SocketHandlers {
    const guest = this.#guest;
    if (!guest) return handlers;
    guest.connects();
    return {
      ...handlers,
      message: (text) => {
        guest.frame(text);
        handlers.message(text);
      },
    };
  }

  /** Requests what a guest may not see, chosen by `pick`. It is repeated until it is answered. */
  async #probe(conversation: ConversationId, pick: number): Promise<void> {
    const look = lookAt(pick);
    const { accounts, recorder } = this.#context;
    const account = accounts[Math.floor(this.#random.next() * accounts.length)] as AccountId;
    await this.requests.untilAnswered(async () => {
      const since = recorder.now;
      const answer = await look.request(this.api, { conversation, account, name: 'person' });
      this.#guest?.answer(look, since, answer);
    });
  }

  // ---- state -------------------------------------------------------------------------------------

  /** Returns what it is waiting for, or null. */
  busy(): string | null {
    const client = this.#client;
    const { name } = this.plan;
    if (!client) return `${name} is not running`;
    if (client.state !== 'live') return `${name} is ${client.state}`;
    const waiting = client.snapshot.outbox.filter((e) => e.state === 'pending');
    return waiting.length > 0 ? `${name} is waiting for ${waiting.length} answers` : null;
  }

  /** Returns what it is missing compared with `heads`, or null. */
  missing(heads: ReadonlyMap<ConversationId, Seq>): string | null {
    const client = this.#client;
    const { name } = this.plan;
    if (!client) return `${name} is not running`;
    for (const id of client.snapshot.conversations.keys()) {
      const head = heads.get(id);
      const cursor = client.cursors.get(streamOfConversation(id));
      if (head !== undefined && (cursor ?? -1) < head) {
        return `${name} is at ${cursor} of ${head} in ${id}`;
      }
    }
    return null;
  }

  /** Stops permanently and records its final state. */
  async finish(): Promise<void> {
    const { recorder } = this.#context;
    const client = this.#client;
    if (!client) throw new Error(`${this.plan.name} does not run`);
    const stop = () => this.#stop('end');
    const record = await finalRecord(this.#asRecorded, { client, stop, dataStore: this.#store });
    await this.#store.close();
    recorder.add(record);
  }
}
