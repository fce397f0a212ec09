import { type RecordedClient, recordClient, recordStart } from '@parley/chaos/client-recorder';
import { CommandRecorder } from '@parley/chaos/command-recorder';
import { discardRefused } from '@parley/chaos/discard-refused';
import { finalRecord } from '@parley/chaos/final-record';
import { GuestRecorder } from '@parley/chaos/guest-recorder';
import { KnownMessages } from '@parley/chaos/message-choice';
import { isModerationStep, moderationRequest } from '@parley/chaos/moderation-steps';
import type { Random } from '@parley/chaos/random';
import { type SdkOp, type StepTarget, takeStep } from '@parley/chaos/sdk-steps';
import { CursorFirstStore, KeptStore } from '@parley/chaos/store';
import {
  isThreadStep,
  recordAnswer,
  type StepAnswer,
  type ThreadRequest,
  type ThreadTarget,
  threadRequest,
  voteRequest,
} from '@parley/chaos/thread-steps';
import {
  ApiError,
  CommandRefused,
  ParleyApi,
  ParleyClient,
  type SocketFactory,
} from '@parley/client';
import { SharedSockets } from '@parley/client/internal/shared-sockets';
import {
  type AccountId,
  type ClientId,
  type ConversationId,
  type MessageRetention,
  type Seq,
  streamOfAccount,
  streamOfConversation,
  type UserGroupId,
} from '@parley/protocol';
import { uuidv7 } from 'uuidv7';
import type { EventLoop } from '../event-loop.ts';
import type { History } from '../history.ts';
import type { Network } from '../network/network.ts';
import { tokenOf } from '../node/tokens.ts';
import type { ClientPlan, Step } from '../plan.ts';
import { Process } from '../process.ts';
import type { SimulatedBrowser } from './browser.ts';
import { fetchOf, Requests } from './requests.ts';
import { ProcessStore } from './store.ts';

/** The state that all clients of a run share. */
export interface RunContext {
  readonly loop: EventLoop;
  readonly network: Network;
  readonly history: History;
  /** Ids of the accounts, by index. */
  readonly accounts: readonly AccountId[];
  /** Ids of the conversations, by index. */
  readonly conversations: readonly ConversationId[];
  /** The account that is a guest. */
  readonly guest: AccountId | null;
  /** The user group that texts mention. */
  readonly userGroup: UserGroupId | null;
  /** The browser in which the tabs of an account run. */
  readonly browser: SimulatedBrowser;
  /** Whether clients store the cursor before the data, as a planted fault. */
  readonly cursorFirst: boolean;
}

/** What a step chooses how long a group keeps messages from: mostly for a day. */
const RETENTIONS: readonly MessageRetention[] = [1, 1, 1, 'keep', 2];

/** A post that is repeated at the end. */
interface Past {
  readonly id: ClientId;
  readonly conversation: ConversationId;
  readonly body: string;
}

/** A client of a run: the SDK on a store that survives it. */
export class Actor {
  readonly plan: ClientPlan;
  readonly account: AccountId;
  /** Requests over REST, which continue when the client is killed. */
  readonly requests: Requests;
  readonly #context: RunContext;
  readonly #random: Random;
  readonly #record: CommandRecorder;
  readonly #messages = new KnownMessages();
  readonly #past: Past[] = [];
  readonly #requester: Process;
  readonly #told: GuestRecorder | null;
  #store: KeptStore;
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
    this.#requester = requests;
    this.#told = this.#newGuestRecorder();
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
      void client.start(this.account).then(() => {
        discardRefused(client);
        // The next ping loads them again.
        client.threads.load().catch((error: unknown) => {
          if (!(error instanceof ApiError)) throw error;
        });
      });
    });
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

  #newStore(): KeptStore {
    return this.#context.cursorFirst ? new CursorFirstStore() : new KeptStore();
  }

  #newClient(): ParleyClient {
    const { loop, network, history } = this.#context;
    const process = this.#process;
    const open = this.#socketOf(process);
    const who = this.#recorded;
    const store = new ProcessStore(this.#store, loop.schedulerOf(process), (saved) =>
      recordStart(history, who, saved),
    );
    const api = new ParleyApi({
      url: 'http://parley',
      sessionToken: tokenOf(this.account),
      fetch: fetchOf(network, process),
    });
    const client = new ParleyClient({
      api,
      store,
      socket: (url, handlers) => {
        history.add({ kind: 'connect', client: this.plan.name, t: history.now });
        return open(url, handlers);
      },
      random: () => this.#random.next(),
      loadUsers: false,
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
  #socketOf(process: Process): SocketFactory {
    const { network, browser } = this.#context;
    const told = this.#told;
    const socket: SocketFactory = (_url, handlers) => {
      told?.connects();
      const message = (text: string) => {
        told?.frame(text);
        handlers.message(text);
      };
      return network.open(process, told ? { ...handlers, message } : handlers, this.bytesPerMs);
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
        void this.#member(op, conversation, pick);
        return true;
      case 'join':
      case 'add':
      case 'remove':
        void this.#member(op, conversation, pick);
        return true;
      case 'retention':
        // Only owners may choose it.
        if (this.plan.account !== 0) return false;
        void this.#chooseRetention(conversation, pick);
        return true;
      case 'user-group':
        // Only admins of the server may change it.
        if (this.plan.account !== 0) return false;
        void this.#changeUserGroup(pick);
        return true;
      case 'twice':
        void this.#postTwice(conversation, text, text);
        return true;
      case 'rivals':
        void this.#postTwice(conversation, `${text} (one)`, `${text} (other)`);
        return true;
    }
    const target = { conversation, text, pick, ...this.#messages.targets(conversation, pick) };
    if (op === 'rival-votes') {
      if (target.poll === null) return false;
      void this.#voteTwice(target, target.poll);
      return true;
    }
    if (isModerationStep(op) || isThreadStep(op)) {
      const request = isThreadStep(op) ? threadRequest(op, target) : moderationRequest(op, target);
      if (request) void this.#request(target, request);
      return request !== null;
    }
    const client = this.#client;
    if (!client || this.#process.isFrozen) return false;
    this.#context.loop.after(0, this.#process, () => {
      const now = { conversation, text, ...this.#messages.targets(conversation, pick) };
      // If there is no message yet, there will be one later.
      const needed = op === 'edit' || op === 'delete' ? now.own : now.root;
      this.#give(client, needed === null ? 'post' : op, now);
    });
    return true;
  }

  /** Sends a request about a thread, a poll or a hidden message until it is answered. */
  async #request(target: ThreadTarget, request: ThreadRequest): Promise<void> {
    const id = this.#context.loop.within(this.#requester, uuidv7) as ClientId;
    const { command, ...sent } = request;
    if (command) this.#record.requested(id, command.op, target.conversation, command.details);
    const answer = await this.requests.send({ ...sent, id });
    if (answer.kind === 'done') {
      recordAnswer(this.#record, id, target, request, answer.body as StepAnswer);
    } else if (command && answer.kind === 'refused') this.#record.nacked(id, answer.code);
  }

  /** Votes twice at once with the same id, for different choices: one vote must be rejected. */
  async #voteTwice({ conversation, pick }: ThreadTarget, poll: Seq): Promise<void> {
    const id = this.#context.loop.within(this.#requester, uuidv7) as ClientId;
    const requests = [pick, (pick + 0.5) % 1].map((n) => voteRequest(conversation, poll, n));
    const [one, other] = requests.map(({ command }) => command?.details.text ?? '') as [
      string,
      string,
    ];
    this.#record.requested(id, 'vote', conversation, { message: poll, text: one });
    this.#record.rival(id, conversation, other);
    const which = this.#random.next();
    await Promise.all(
      requests.map(async ({ method, path, body }, n) => {
        const answer = await this.requests.send({ method, path, body, id }, which);
        const stream = streamOfConversation(conversation);
        if (answer.kind === 'done') this.#record.acked(id, stream, answer.seq, n ? other : one);
        else if (answer.kind === 'refused') this.#record.nacked(id, answer.code);
      }),
    );
  }

  #give(client: ParleyClient, op: SdkOp, target: StepTarget): void {
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
    for (const past of this.#past.splice(0)) void this.#post(past, this.#random.next());
  }

  /** Posts twice at once with the same id. If the texts differ, one must be rejected. */
  async #postTwice(conversation: ConversationId, one: string, other: string): Promise<void> {
    const id = this.#context.loop.within(this.#requester, uuidv7) as ClientId;
    this.#record.requested(id, 'post', conversation, { text: one });
    if (other !== one) this.#record.rival(id, conversation, other);
    const which = this.#random.next();
    const commands = [one, other].map((body) => ({ id, conversation, body }));
    // Often on the same node, so that both are in one batch.
    const nodes = this.#random.chance(0.5) ? [which, which] : [which, 1 - which];
    const stored = await Promise.all(commands.map((c, i) => this.#post(c, nodes[i] as number)));
    // A refused command may be stored when it is repeated: the account may have joined by then.
    if (stored.includes(true)) this.#past.push(...commands);
  }

  async #post({ id, conversation, body }: Past, which: number): Promise<boolean> {
    const path = `/conversations/${conversation}/messages`;
    const answer = await this.requests.send({ method: 'POST', path, id, body: { body } }, which);
    if (answer.kind === 'done') {
      this.#record.acked(id, streamOfConversation(conversation), answer.seq, body);
    } else if (answer.kind === 'refused') this.#record.nacked(id, answer.code);
    return answer.kind === 'done';
  }

  async #member(
    op: 'join' | 'leave' | 'add' | 'remove',
    conversation: ConversationId,
    pick: number,
  ): Promise<void> {
    const { loop, accounts } = this.#context;
    const others = accounts.slice(1);
    const whom = others[Math.floor(pick * others.length)] as AccountId;
    const id = loop.within(this.#requester, uuidv7) as ClientId;
    const isAboutOther = op === 'add' || op === 'remove';
    this.#record.requested(id, op, conversation, isAboutOther ? { whom } : {});
    const path = `/conversations/${conversation}`;
    const answer = await this.requests.send(
      op === 'remove'
        ? { method: 'DELETE', path: `${path}/members/${whom}`, id, body: null }
        : op === 'add'
          ? { method: 'POST', path: `${path}/members`, id, body: { account: whom } }
          : { method: 'POST', path: `${path}/${op}`, id, body: null },
    );
    if (answer.kind === 'refused') this.#record.nacked(id, answer.code);
  }

  async #chooseRetention(conversation: ConversationId, pick: number): Promise<void> {
    const retention = RETENTIONS[Math.floor(pick * RETENTIONS.length)] as MessageRetention;
    const id = this.#context.loop.within(this.#requester, uuidv7) as ClientId;
    this.#record.requested(id, 'retention', conversation, {});
    const path = `/conversations/${conversation}/retention`;
    const answer = await this.requests.send({ method: 'PUT', path, id, body: { retention } });
    if (answer.kind === 'done') {
      this.#record.acked(id, streamOfConversation(conversation), answer.seq);
    } else if (answer.kind === 'refused') this.#record.nacked(id, answer.code);
  }

  /** Gives the user group other members. */
  async #changeUserGroup(pick: number): Promise<void> {
    const { loop, accounts, userGroup } = this.#context;
    if (!userGroup) return;
    const chosen = Math.floor(pick * 2 ** accounts.length);
    const members = accounts.filter((_, n) => chosen & (1 << n));
    const id = loop.within(this.#requester, uuidv7) as ClientId;
    const path = `/admin/user-groups/${userGroup}`;
    await this.requests.send({ method: 'PATCH', path, id, body: { members } });
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
