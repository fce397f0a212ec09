import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  type AccountId,
  type Conversation,
  type ConversationId,
  LIMITS,
  type Limits,
  type Me,
  type Refusal,
  refusal,
  type Seq,
  type SessionId,
  streamOfAccount,
  streamOfConversation,
  WORKSPACE_STREAM,
} from '@parley/protocol';
import type { Identity } from '../../src/accounts/accounts.ts';
import type { MembershipPeriod, Start } from '../../src/conversations/start.ts';
import { EVENT_VISIBILITY } from '../../src/event-types/event-visibility.ts';
import type { LiveDeps } from '../../src/live/context.ts';
import { Live } from '../../src/live/live.ts';
import { Metrics } from '../../src/metrics/metrics.ts';
import type { Append } from '../../src/stream/append.ts';
import { LocalBroker } from '../../src/stream/broker.ts';
import { Hub } from '../../src/stream/hub.ts';
import type { Outcome } from '../../src/stream/outcome.ts';
import type { StoredEvent } from '../../src/stream/record.ts';
import type { Command } from '../../src/stream/stream-transaction.ts';
import { EventLog } from './event-log.ts';
import { Peer } from './peer.ts';
import { testLog } from './test-log.ts';

export const EPOCH = 'epoch-1';
export const GROUP = '01890000-0000-7000-8000-0000000000f1' as ConversationId;
export const ANN = '01890000-0000-7000-8000-00000000000a' as AccountId;
export const BOB = '01890000-0000-7000-8000-00000000000b' as AccountId;

/**
 * The live connections of a node on real sockets, without the domains: what these would answer is in the
 * fields, and a test changes it. The token of an account’s session is `<account> <session>`.
 */
export class LiveNode {
  readonly log = new EventLog();
  readonly hub: Hub;
  readonly live: Live;
  readonly metrics = new Metrics();
  readonly clock = { at: Date.parse('2026-01-01T00:00:00.000Z'), now: () => this.clock.at };
  /** Commands that were submitted, and how they are answered. */
  readonly commands: Command[] = [];
  outcome: Outcome = { kind: 'refused', refusal: refusal('forbidden') };
  /** Rejects credentials, if it returns a refusal. */
  rejects: (token: string) => Refusal | null = () => null;
  scopes: Identity['scopes'];
  expiresAt = Number.POSITIVE_INFINITY;
  isActive: boolean | null = true;
  /** Called while the state of a hello is read. */
  onStart: () => void | Promise<void> = () => undefined;
  /** Accounts over the limit of commands, and the seconds to wait. */
  readonly limited = new Map<AccountId, number>();
  readonly endedSessions = new Set<string>();
  readonly forgotten: string[] = [];
  readonly lastSeen: AccountId[][] = [];
  /** The membership periods in the group, if not one from its start. */
  periods: readonly MembershipPeriod[] | null = null;
  move: LiveDeps['moveReadCursor'] = async () => ({ refusal: refusal('conversation_not_found') });
  readVersions = new Map<AccountId, number>();
  url = '';
  readonly #server = createServer();
  readonly #peers: Peer[] = [];

  constructor(limits: Partial<Limits> = {}, more: Partial<LiveDeps> = {}) {
    const broker = new LocalBroker();
    this.hub = new Hub({ reader: this.log, log: testLog, visibility: EVENT_VISIBILITY, broker });
    const submit = (command: Command, settle: (outcome: Outcome) => void) => {
      this.commands.push(command);
      settle(this.outcome);
    };
    this.live = new Live({
      hub: this.hub,
      broker,
      metrics: this.metrics,
      append: { submit } as unknown as Append,
      log: testLog,
      clock: this.clock,
      limits: { ...LIMITS, ...limits },
      identify: async (token) => {
        const refused = this.rejects(token);
        if (refused) return { refusal: refused };
        const [account, session] = token.split(' ') as [AccountId, SessionId];
        const { scopes, expiresAt } = this;
        return { identity: { account, session, scopes, expiresAt } };
      },
      findable: async (_guest, accounts) => accounts,
      knownAccounts: async () => [],
      limitCommands: (account) => this.limited.get(account) ?? null,
      forgetSession: (session) => this.forgotten.push(session),
      liveSessions: async (ids) => new Set(ids.filter((id) => !this.endedSessions.has(id))),
      start: async (account) => {
        await this.onStart();
        return this.#startOf(account);
      },
      statusOf: () => null,
      recordLastSeen: async (accounts) => void this.lastSeen.push([...accounts]),
      me: async (id) => (this.isActive === null ? null : ({ id, isActive: this.isActive } as Me)),
      conversation: async (_account, id) => this.conversation(id),
      moveReadCursor: (...args) => this.move(...args),
      readVersions: async () => this.readVersions,
      isAllowedOrigin: (origin) => origin !== 'https://elsewhere.example',
      addressOf: () => '203.0.113.9',
      ...more,
    });
    this.live.attach(this.#server);
  }

  /** Starts to listen. */
  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
    return this;
  }

  /** Ends all connections, and stops to listen. */
  async stop(): Promise<void> {
    for (const peer of this.#peers) peer.close();
    await this.live.drain();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** Opens a socket. */
  async open(options: ConstructorParameters<typeof Peer>[1] = {}): Promise<Peer> {
    const peer = new Peer(this.url, options);
    this.#peers.push(peer);
    await peer.until(
      () => peer.ws.readyState === peer.ws.OPEN || peer.refused !== null,
      'the answer to the upgrade',
    );
    return peer;
  }

  /** Opens a socket of an account, and waits until it is live. */
  async connect(account: AccountId = ANN, session = 's1', more: object = {}): Promise<Peer> {
    const peer = await this.open();
    await peer.hello(`${account} ${session}`, more);
    return peer;
  }

  /** Stores an event in the group and publishes it. */
  publish(type: StoredEvent['type'] = 'message.posted', data: object = { body: 'text' }): Seq {
    const event = this.log.append(streamOfConversation(GROUP), { type, data, actor: BOB });
    this.hub.publish([event]);
    return event.seq;
  }

  /** The group, as its members see it. */
  conversation(id: ConversationId = GROUP): Conversation {
    const lastSeq = this.log.head(streamOfConversation(id));
    return { id, kind: 'group', name: 'group', lastSeq, joinedSeq: 1 } as Conversation;
  }

  #startOf(account: AccountId): Start {
    const { periods } = this;
    const isMember = !periods || periods.at(-1)?.leftSeq === null;
    return {
      epoch: EPOCH,
      readVersion: this.readVersions.get(account) ?? 0,
      conversations: isMember ? [this.conversation()] : [],
      unchanged: [],
      periods: new Map(periods ? [[streamOfConversation(GROUP), periods]] : []),
      personalSeq: this.log.head(streamOfAccount(account)),
      workspaceSeq: this.log.head(WORKSPACE_STREAM),
    };
  }
}
