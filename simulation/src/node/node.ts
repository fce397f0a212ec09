import type { Socket } from 'node:net';
import {
  type AccountId,
  type ConversationId,
  type LegalHold,
  type Limits,
  type Me,
  type Message,
  refusal,
  type Seq,
} from '@parley/protocol';
import { findableBy, knownAccounts } from '@parley/server/internal/accounts/users/known-accounts';
import { AuditLog } from '@parley/server/internal/audit/audit-log';
import { createGroup } from '@parley/server/internal/conversations/commands';
import { conversationFor } from '@parley/server/internal/conversations/snapshot';
import { StartReader } from '@parley/server/internal/conversations/start';
import { EVENT_VISIBILITY } from '@parley/server/internal/event-types/event-visibility';
import { PROJECTIONS } from '@parley/server/internal/event-types/projections';
import { placeLegalHold } from '@parley/server/internal/legal-holds/commands';
import { LegalHoldPurge } from '@parley/server/internal/legal-holds/purge';
import { legalHold } from '@parley/server/internal/legal-holds/queries';
import { Live } from '@parley/server/internal/live/live';
import type { LiveSocket } from '@parley/server/internal/live/live-socket';
import { history } from '@parley/server/internal/messages/history/queries';
import {
  ReadCursors,
  readVersions,
} from '@parley/server/internal/messages/read-cursors/read-cursors';
import { threadPage } from '@parley/server/internal/messages/threads/thread-queries';
import type { Metrics } from '@parley/server/internal/metrics/metrics';
import { Retention } from '@parley/server/internal/retention/retention';
import type { Logger } from '@parley/server/internal/runtime/log';
import { Directory } from '@parley/server/internal/search/directory';
import { Append, type Outcome } from '@parley/server/internal/stream/append';
import { Hub, type HubCounters } from '@parley/server/internal/stream/hub';
import { Projections } from '@parley/server/internal/stream/projections';
import { readerOf } from '@parley/server/internal/stream/read';
import type { StoredEvent } from '@parley/server/internal/stream/record';
import {
  createUserGroup,
  type UserGroupRequest,
} from '@parley/server/internal/user-groups/commands';
import type pg from 'pg';
import type { Process } from '../event-loop/process.ts';
import type { NodeAnswer, NodeRequest, Reachable } from '../network/network.ts';
import type { ServerSocket, ServerWebSocket } from '../network/server-end.ts';
import { HOLD_ID } from '../plan/plan.ts';
import type { BrokerBus, SimulatedBroker } from './broker.ts';
import { exportedBy } from './legal-hold-requests.ts';
import { handleRequest } from './requests.ts';
import { accountOfToken, identityOf } from './tokens.ts';

/** Parameters without the first one. */
type Tail<T extends readonly unknown[]> = T extends readonly [unknown, ...infer R] ? R : never;

interface NodeDeps {
  readonly process: Process;
  readonly bus: BrokerBus;
  /** The database: the pools that the layers of the server open. */
  readonly pools: { readonly pool: pg.Pool; readonly appendPool: pg.Pool };
  readonly limits: Limits;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly me: (account: AccountId) => Me;
  /** Whether it deletes expired messages. */
  readonly hasRetention: boolean;
  /** Whether it deletes what a released legal hold has kept. */
  readonly hasHold: boolean;
  /** Called with the events that the node has stored. */
  readonly onStored: (events: readonly StoredEvent[]) => void;
}

/**
 * One process of a node: the product's modules from the socket to the database, built as `layers/streams.ts`
 * and `layers/live.ts` build them.
 */
export class SimulatedNode implements Reachable {
  readonly process: Process;
  isListening = true;
  readonly #deps: NodeDeps;
  readonly #hub: Hub;
  readonly #append: Append;
  readonly #live: Live;
  readonly #broker: SimulatedBroker;
  readonly #pool: pg.Pool;
  readonly #audit: AuditLog;
  readonly #retention: Retention | null = null;
  readonly #purge: LegalHoldPurge;
  readonly #directory: Directory;
  #onSettings: () => void = () => undefined;

  /** Starts the node. Must be called within its process. */
  constructor(deps: NodeDeps) {
    const { process, bus, pools, limits, log, metrics } = deps;
    this.#deps = deps;
    this.process = process;
    const { pool, appendPool } = pools;
    this.#pool = pool;
    // The wall clock of the process: `Date.now` is simulated.
    const clock = { now: () => Date.now() };
    this.#audit = new AuditLog({ pool, clock, log });
    const broker = bus.join(process);
    this.#broker = broker;
    const hub = new Hub({
      reader: readerOf(pool),
      log,
      visibility: EVENT_VISIBILITY,
      broker,
      metrics,
    });
    this.#hub = hub;
    this.#append = new Append({
      pool: appendPool,
      clock,
      log,
      projections: new Projections(PROJECTIONS),
      visibility: EVENT_VISIBILITY,
      metrics,
      publish: (events) => {
        hub.publish(events);
        deps.onStored(events);
        this.#retention?.committed(events);
      },
      announce: (stream, seq) => hub.hint(stream, seq),
    });
    const readCursors = new ReadCursors(pool, log, metrics);
    const starts = new StartReader(pool);
    this.#live = new Live({
      hub,
      broker,
      metrics,
      append: this.#append,
      log,
      clock,
      limits,
      limitCommands: () => null,
      identify: async (token) => {
        const account = accountOfToken(token);
        return account === null
          ? { refusal: refusal('unauthenticated') }
          : { identity: identityOf(account) };
      },
      forgetSession: () => undefined,
      statusOf: () => null,
      findable: (guest, accounts) => findableBy(pool, guest, accounts),
      knownAccounts: (guests, accounts) => knownAccounts(pool, guests, accounts),
      recordLastSeen: async () => undefined,
      liveSessions: async (sessions) => new Set(sessions),
      isAllowedOrigin: () => true,
      addressOf: () => process.name,
      me: async (account) => deps.me(account),
      start: (account, known) => starts.load(account, known),
      conversation: (account, id) => conversationFor(pool, account, id),
      moveReadCursor: (account, id, seq, options) => readCursors.move(account, id, seq, options),
      readVersions: (accounts) => readVersions(pool, accounts),
    });
    if (deps.hasRetention) {
      this.#retention = new Retention({
        ...{ pool, append: this.#append, clock, log, broker, audit: this.#audit },
        settings: {
          onChange: (listener) => {
            this.#onSettings = listener;
          },
        },
      });
    }
    this.#directory = new Directory(pool);
    const files = { wake: () => undefined };
    this.#purge = new LegalHoldPurge({ pool, clock, log, audit: this.#audit, files });
    hub.start();
    this.#live.start();
    this.#retention?.start();
    if (deps.hasHold) this.#purge.start();
  }

  /** Lets the node know that settings of the server have changed. */
  settingsChanged(): void {
    this.#onSettings();
  }

  /** Repairs since its start. */
  get counters(): HubCounters {
    return this.#hub.counters;
  }

  get stalled(): number {
    return this.#live.figures.stalled;
  }

  accept(ws: ServerWebSocket, socket: ServerSocket): void {
    // Both have what the product uses of the classes.
    this.#live.accept(ws as unknown as LiveSocket, socket as unknown as Socket);
  }

  handle(request: NodeRequest): Promise<NodeAnswer> {
    return handleRequest(
      {
        append: this.#append,
        audit: this.#audit,
        pool: this.#pool,
        directory: this.#directory,
        purge: this.#purge,
        roleOf: (account) => this.#deps.me(account).role,
        error: (error) => this.#deps.log.error({ err: error }, 'unexpected error'),
        onThreadRead: (account, move) => this.#live.sendThreadRead(account, move),
      },
      request,
    );
  }

  /** Creates a group, for the set-up of a run. */
  createGroup(...[sender, group]: Tail<Parameters<typeof createGroup>>): Promise<Outcome> {
    return createGroup(this.#append, sender, group);
  }

  /** Creates a user group, for the set-up of a run. */
  createUserGroup(
    sender: Pick<UserGroupRequest, 'actor' | 'clientId'>,
    group: Parameters<typeof createUserGroup>[2],
  ): ReturnType<typeof createUserGroup> {
    const audit = { log: this.#audit, address: null };
    return createUserGroup(this.#append, { ...sender, audit }, group);
  }

  /** Places a legal hold over groups, for the set-up of a run. */
  placeHold(actor: AccountId, conversations: readonly ConversationId[]): Promise<LegalHold> {
    const request = { actor, id: HOLD_ID, at: new Date() };
    return placeLegalHold(
      this.#pool,
      { ...request, audit: { log: this.#audit, address: null } },
      { name: 'Simulation', reason: '', accounts: [], conversations, since: null, until: null },
    );
  }

  /** Returns the legal hold of the run. */
  async hold(): Promise<LegalHold> {
    return (await legalHold(this.#pool, HOLD_ID)) as LegalHold;
  }

  /** Returns the export of the legal hold of the run. */
  exportHold(): Promise<string> {
    return exportedBy(this.#pool, HOLD_ID);
  }

  /** Returns the messages of a conversation as a member reads them, with those in these threads. */
  async messagesOf(
    account: AccountId,
    conversation: ConversationId,
    roots: readonly Seq[],
  ): Promise<Message[]> {
    const page = { after: 0, limit: 1_000 };
    const found = (await history(this.#pool, account, conversation, page))?.items ?? [];
    const bySeq = new Map(found.map((message) => [message.seq, message]));
    for (const root of roots) {
      const thread = await threadPage(this.#pool, account, conversation, root, page);
      if (typeof thread === 'string') throw new Error(`Thread ${root} was not read: ${thread}`);
      for (const message of thread.items) bySeq.set(message.seq, message);
    }
    return [...bySeq.values()].sort((a, b) => a.seq - b.seq);
  }

  /** Stops in order, as after SIGTERM. */
  async stop(): Promise<void> {
    this.isListening = false;
    await this.#retention?.stop();
    await this.#purge.stop();
    await this.#live.drain();
    await this.#append.close();
    this.#hub.stop();
    await this.#broker.stop();
  }

  /** Stops taking connections and requests. */
  ended(): void {
    this.isListening = false;
  }

  /** Handles the kill of its process: no message of other nodes reaches it. */
  killed(): void {
    this.#deps.bus.remove(this.#broker);
  }
}
