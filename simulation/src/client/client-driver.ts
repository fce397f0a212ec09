import {
  type RecordedClient,
  recordClient,
  recordStart,
} from '@parley/chaos/clients/client-recorder';
import { discardRefused } from '@parley/chaos/clients/discard-refused';
import { finalRecord } from '@parley/chaos/clients/final-record';
import { GuestRecorder } from '@parley/chaos/clients/guest-recorder';
import { type SdkOp, type StepTarget, takeStep } from '@parley/chaos/clients/sdk-steps';
import { CursorFirstStore, SurvivingStore } from '@parley/chaos/clients/store';
import { CommandRecorder } from '@parley/chaos/history/command-recorder';
import { recordLive } from '@parley/chaos/history/live-recorder';
import type { Random } from '@parley/chaos/lib/random';
import { KnownMessages } from '@parley/chaos/steps/message-choice';
import { isModerationStep, moderationRequest } from '@parley/chaos/steps/moderation-steps';
import { isThreadStep, threadRequest } from '@parley/chaos/steps/thread-steps';
import {
  ApiError,
  CommandRefused,
  ParleyApi,
  ParleyClient,
  type SocketFactory,
} from '@parley/client';
import { SharedSockets } from '@parley/client/internal/connection/shared-sockets';
import {
  type AccountId,
  type ConversationId,
  streamOfAccount,
  streamOfConversation,
} from '@parley/protocol';
import { Process } from '../event-loop/process.ts';
import { tokenOf } from '../node/tokens.ts';
import type { ClientPlan, Step } from '../plan/plan.ts';
import { fetchOf, Requests } from './requests.ts';
import { RestSteps } from './rest-steps.ts';
import type { RunContext } from './run-context.ts';
import { ProcessStore } from './store.ts';

/** How long a client shows no users before it asks for their presence again, ms. */
const WATCH_MS = 300;

/** Drives a client of a run through its plan: the SDK on a store that survives it. */
export class ClientDriver {
  readonly plan: ClientPlan;
  readonly account: AccountId;
  /** Requests over REST, which continue when the client is killed. */
  readonly requests: Requests;
  readonly #context: RunContext;
  readonly #random: Random;
  readonly #record: CommandRecorder;
  readonly #messages = new KnownMessages();
  readonly #rest: RestSteps;
  /** Null if the account is not a guest. */
  readonly #guest: GuestRecorder | null;
  #store: SurvivingStore;
  #stores = 1;
  #client: ParleyClient | null = null;
  /** The client that is being stopped. */
  #stopping: ParleyClient | null = null;
  /** Whether it restarts once it is stopped. */
  #isWanted = false;
  /** Whether its store is dropped once it is stopped. */
  #forgets = false;
  #process: Process;
  /** Counts its processes: each is another tab. */
  #tabs = 0;
  /** Ends the subscription to the presence of users. */
  #endWatch: (() => void) | null = null;
  bytesPerMs = Number.POSITIVE_INFINITY;

  constructor(plan: ClientPlan, context: RunContext, random: Random) {
    this.plan = plan;
    this.#context = context;
    this.#random = random;
    this.account = context.accounts[plan.account] as AccountId;
    this.#record = new CommandRecorder(context.history, plan.name, this.account);
    this.#store = this.#newStore();
    this.#process = new Process(plan.name);
    const requests = new Process(`${plan.name}!`);
    this.requests = new Requests(context.loop, context.network, requests, this.account);
    this.#guest = this.#newGuestRecorder();
    const [record, guest] = [this.#record, this.#guest];
    this.#rest = new RestSteps({ context, requests: this.requests, record, guest, random });
  }

  // ---- processes ----------------------------------------------------------------------------------

  /** Its current or last process. */
  get process(): Process {
    return this.#process;
  }

  /** Starts a process on the state of the store, as soon as the previous one has ended. */
  wake(): void {
    this.#isWanted = true;
    if (this.#client || this.#stopping) return;
    const { loop } = this.#context;
    this.#process = new Process(this.plan.name);
    this.#tabs++;
    this.#process.clockOffsetMs = this.plan.clockOffsetMs;
    loop.within(this.#process, () => {
      const client = this.#newClient();
      this.#client = client;
      this.#watch(client);
      void client.start(this.account).then(() => {
        discardRefused(client);
        if (!this.#context.hasThreads) return;
        // The next ping loads them again.
        client.threads.load().catch((error: unknown) => {
          if (!(error instanceof ApiError)) throw error;
        });
      });
    });
  }

  /** Asks for the presence of all users, as the web client does for those that it shows. Others get it unasked. */
  #watch(client: ParleyClient): void {
    if (this.#guest) this.#endWatch = client.subscribePresence(this.#context.accounts);
  }

  /** Kills the client: nothing more is stored or sent. */
  crash(): void {
    this.#isWanted = false;
    const client = this.#client ?? this.#stopping;
    if (!client) return;
    this.#process.isAlive = false;
    this.#context.browser.left(this.#tab);
    for (const link of this.#context.network.of(this.#process)) link.cut();
    this.#ended(client, 'crash');
  }

  /** Stops the client gracefully; a frozen one is killed. */
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

  /** Stops the client and drops its store: unanswered commands stay unanswered. */
  forget(): void {
    this.#forgets = true;
    void this.sleep();
  }

  #ended(client: ParleyClient, how: 'sleep' | 'crash' | 'end'): void {
    this.#client = null;
    this.#stopping = null;
    const { history } = this.#context;
    const counters = { ...client.counters };
    history.add({ kind: 'stop', client: this.plan.name, how, counters, t: history.now });
    if (this.#forgets) {
      this.#forgets = false;
      this.#store = this.#newStore();
      this.#stores++;
      this.#record.storeDropped();
    }
    if (this.#isWanted) this.wake();
  }

  #within<T>(work: () => Promise<T>): Promise<T> {
    const { loop } = this.#context;
    return new Promise((resolve, reject) => {
      loop.after(0, this.#process, () => {
        work().then(resolve, reject);
      });
    });
  }

  #newStore(): SurvivingStore {
    return this.#context.cursorFirst ? new CursorFirstStore() : new SurvivingStore();
  }

  #newClient(): ParleyClient {
    const { loop, network, history } = this.#context;
    const process = this.#process;
    const open = this.#socketOf(process, () => client);
    const who = this.#recorded;
    const store = new ProcessStore(this.#store, loop.schedulerOf(process), (saved) =>
      recordStart(history, who, saved),
    );
    const api = new ParleyApi({
      url: 'http://parley',
      sessionToken: tokenOf(this.account),
      fetch: fetchOf(network, process),
    });
    const client: ParleyClient = new ParleyClient({
      api,
      store,
      socket: (url, handlers) => {
        history.add({ kind: 'connect', client: this.plan.name, t: history.now });
        return open(url, handlers);
      },
      random: () => this.#random.next(),
      loadUsers: false,
      ...(this.#guest && { presence: 'subscribed' }),
    });
    const [commands, messages] = [this.#record, this.#messages];
    recordClient(client, who, { sink: history, commands, messages });
    client.on('ended', () => {
      const how = 'its session ended';
      history.add({ kind: 'died', node: this.plan.name, how, t: history.now });
    });
    return client;
  }

  /** Records what a guest is told; null for all others. */
  #newGuestRecorder(): GuestRecorder | null {
    const { accounts, conversations, guest, history } = this.#context;
    if (this.account !== guest) return null;
    const subjects = new Map<string, string>([...accounts, ...conversations].map((id) => [id, id]));
    for (const [n, id] of conversations.entries()) subjects.set(`group ${n}`, id);
    return new GuestRecorder(history, { client: this.plan.name, account: guest }, subjects);
  }

  get #tab(): string {
    return `${this.plan.name}.${this.#tabs}`;
  }

  /**
   * Returns the factory for the sockets of a process: its own, or one that it shares with other
   * tabs.
   */
  #socketOf(process: Process, client: () => ParleyClient): SocketFactory {
    const { network, browser, history } = this.#context;
    const guest = this.#guest;
    const socket: SocketFactory = (_url, handlers) => {
      guest?.connects();
      const recorded = recordLive(handlers, client, this.plan.name, history);
      const message = (text: string) => {
        guest?.frame(text);
        recorded.message(text);
      };
      return network.open(process, guest ? { ...recorded, message } : recorded, this.bytesPerMs);
    };
    if (!this.plan.isTab) return socket;
    const tab = this.#tab;
    return new SharedSockets({ socket, tab, join: browser.channelOf(tab, process) }).open;
  }

  get #recorded(): RecordedClient {
    return { client: this.plan.name, account: this.account, store: this.#stores };
  }

  // ---- commands -----------------------------------------------------------------------------------

  /** Runs a step of the plan. Returns false if it cannot, so that another client may. */
  do(step: Step): boolean {
    const conversation = this.#context.conversations[step.conversation] as ConversationId;
    const { op, text, pick } = step;
    switch (op) {
      case 'leave':
        // The first account has created all groups and never leaves: it reads the whole logs at the end.
        if (this.plan.account === 0) return false;
        void this.#rest.changeMember(op, conversation, pick);
        return true;
      case 'join':
      case 'add':
      case 'remove':
        void this.#rest.changeMember(op, conversation, pick);
        return true;
      case 'retention':
        // Only owners may choose it.
        if (this.plan.account !== 0) return false;
        void this.#rest.chooseRetention(conversation, pick);
        return true;
      case 'user-group':
        // Only admins of the server may change it.
        if (this.plan.account !== 0) return false;
        void this.#rest.changeUserGroup(pick);
        return true;
      case 'look':
        void this.#rest.look(conversation, pick);
        return true;
      case 'export-hold':
      case 'release-hold':
        // Only owners of the server may do it.
        if (this.plan.account !== 0) return false;
        void (op === 'export-hold' ? this.#rest.exportHold() : this.#rest.releaseHold());
        return true;
      case 'twice':
        void this.#rest.postTwice(conversation, text, text);
        return true;
      case 'rivals':
        void this.#rest.postTwice(conversation, `${text} (one)`, `${text} (other)`);
        return true;
    }
    const target = { conversation, text, pick, ...this.#messages.targets(conversation, pick) };
    if (op === 'rival-votes') {
      if (target.poll === null) return false;
      void this.#rest.voteTwice(target, target.poll);
      return true;
    }
    if (isModerationStep(op) || isThreadStep(op)) {
      const request = isThreadStep(op) ? threadRequest(op, target) : moderationRequest(op, target);
      if (request) void this.#rest.request(target, request);
      return request !== null;
    }
    const client = this.#client;
    if (!client || this.#process.isFrozen) return false;
    if (op === 'watch') {
      this.#context.loop.after(0, this.#process, () => this.#watchAgain(client));
      return true;
    }
    this.#context.loop.after(0, this.#process, () => {
      const now = { conversation, text, ...this.#messages.targets(conversation, pick) };
      // If there is no message yet, there will be one later.
      const needed = op === 'edit' || op === 'delete' ? now.own : now.root;
      this.#issue(client, needed === null ? 'post' : op, now);
    });
    return true;
  }

  /** Ends the subscription to the presence of users, and starts it again a little later. */
  #watchAgain(client: ParleyClient): void {
    this.#endWatch?.();
    this.#endWatch = null;
    this.#context.loop.after(WATCH_MS, this.#process, () => {
      if (this.#endWatch === null) this.#watch(client);
    });
  }

  /** Has the SDK execute a step. */
  #issue(client: ParleyClient, op: SdkOp, target: StepTarget): void {
    const invoked = takeStep(client, op, target);
    if (!invoked) return;
    const { sent, details } = invoked;
    this.#record.invoked(sent.id, invoked.op, target.conversation, details);
    // The client’s events record answers, including those that a later process receives.
    sent.settled.catch((error: unknown) => {
      if (!(error instanceof CommandRefused)) throw error;
    });
  }

  /** Sends commands of the run again, as a client with a stale outbox would: the answers are the same. */
  repeatPast(): void {
    this.#rest.repeatPast();
  }

  // ---- convergence --------------------------------------------------------------------------------

  /**
   * Returns what it is missing of `heads` and the conversations of its account, or waiting for;
   * null if it has everything.
   */
  missing(heads: ReadonlyMap<string, number>, conversations: readonly string[]): string | null {
    const client = this.#client;
    const { name } = this.plan;
    if (!client) return `${name} does not run`;
    if (this.requests.open > 0) return `${name} waits for ${this.requests.open} requests`;
    if (client.state !== 'live') return `${name} is ${client.state}`;
    const waiting = client.snapshot.outbox.filter((entry) => entry.state === 'pending');
    if (waiting.length > 0) return `${name} waits for ${waiting.length} answers`;
    const { cursors } = client;
    const shown = client.snapshot.conversations;
    const lacking = conversations.find((id) => !shown.has(id as ConversationId));
    if (lacking !== undefined) return `${name} does not show ${lacking}`;
    for (const id of shown.keys()) {
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

  /** Stops permanently and records the final state. */
  async finish(): Promise<void> {
    const client = this.#client;
    if (!client) return;
    const stop = () => this.sleep('end');
    this.#context.history.add(
      await finalRecord(this.#recorded, { client, stop, dataStore: this.#store }),
    );
  }
}
