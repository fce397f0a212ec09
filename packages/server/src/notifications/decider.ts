import { type ConversationId, conversationOfStream, type EventType } from '@parley/protocol';
import type pg from 'pg';
import { BackgroundWorker } from '../runtime/background-worker.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Logger } from '../runtime/log.ts';
import type { StoredEvent } from '../stream/record.ts';
import { deleteOldActivity } from './activity-age.ts';
import type { ActivityChange } from './activity-items.ts';
import { decideNext } from './decide.ts';
import { deleteOldDecisions } from './ledger.ts';
import { conversationsBehind } from './messages-to-decide.ts';
import type { PresenceOf } from './recipients.ts';

/** The delay between a commit and its decisions, ms. */
const COLLECT_MS = 500;
/** The interval of the search for conversations that other nodes left undecided, ms. */
const SEARCH_MS = 20_000;
/** The interval at which old decisions are deleted, ms. */
const DELETE_MS = 3_600_000;
/** Conversations of one transaction. */
const CONVERSATIONS_MAX = 200;
/** The delay before another attempt for a conversation whose decisions fail, ms. */
const DEFER_MS = 60_000;
/** Deferred conversations that are remembered. */
const DEFERRED_MAX = 1_000;
/** Conversations remembered; beyond that they are searched for in the database. */
const HINTS_MAX = 20_000;

/** The events that may concern single accounts. */
const CONCERNING: ReadonlySet<string> = new Set<EventType>([
  'message.posted',
  'message.deleted',
  'reaction.added',
  'member.joined',
]);

interface NotificationDeciderDeps {
  readonly pool: pg.Pool;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * Decides in the background who is notified of messages and what is in whose activity. It runs
 * after commits and never delays them.
 *
 * 1. Events committed on this node are decided half a second later; those a killed node left,
 *    within 20 s.
 * 2. The progress is stored with the decisions: after a crash they continue from there, and none is
 *    made twice, even if several nodes work on the same conversation.
 * 3. Events committed during a run wait for the next one: under load there are about two
 *    transactions a second, not one per batch of messages.
 * 4. A conversation whose decisions fail does not delay others: after a failure each conversation
 *    is decided alone, and one that fails alone is deferred for a minute.
 */
export class NotificationDecider {
  readonly #deps: NotificationDeciderDeps;
  /** Conversations with events since the start of the last run. */
  #hinted = new Set<ConversationId>();
  readonly #worker: BackgroundWorker;
  readonly #cleaner: BackgroundWorker;
  #presenceOf: PresenceOf = () => 'unknown';
  #sendActivity: (change: ActivityChange) => void = () => undefined;
  #searchAt = 0;
  /** Whether decisions about several conversations together have failed. */
  #isAlone = false;
  /** When to retry conversations that failed alone, monotonic ms. */
  readonly #deferred = new Map<ConversationId, number>();
  #collecting: NodeJS.Timeout | undefined;

  constructor(deps: NotificationDeciderDeps) {
    this.#deps = deps;
    this.#worker = new BackgroundWorker({
      work: (isStopped) => this.#decide(isStopped),
      pollMs: SEARCH_MS,
      retryMs: 1_000,
      onError: (error) => deps.log.warn({ err: error }, 'notifications not decided'),
    });
    this.#cleaner = new BackgroundWorker({
      work: async (isStopped) => {
        const now = new Date(deps.clock.now());
        await deleteOldDecisions(deps.pool, now, isStopped);
        await deleteOldActivity(deps.pool, now, isStopped);
      },
      pollMs: DELETE_MS,
      retryMs: 60_000,
      onError: (error) => deps.log.warn({ err: error }, 'old notification decisions not deleted'),
    });
  }

  /** Sets the source of who is using a device; until then it is unknown. */
  usePresence(presenceOf: PresenceOf): void {
    this.#presenceOf = presenceOf;
  }

  /** Sets what notifies connected clients of changes to their activity. */
  useActivity(send: (change: ActivityChange) => void): void {
    this.#sendActivity = send;
  }

  start(): void {
    this.#worker.start();
    this.#cleaner.start();
  }

  /** Stops after the current transaction. */
  async stop(): Promise<void> {
    clearTimeout(this.#collecting);
    await this.#worker.stop();
    await this.#cleaner.stop();
  }

  /** Records which conversations have new events. */
  hint(events: readonly Pick<StoredEvent, 'stream' | 'type'>[]): void {
    const before = this.#hinted.size;
    for (const { stream, type } of events) {
      if (CONCERNING.has(type)) this.#hint(conversationOfStream(stream));
    }
    if (this.#hinted.size === before) return;
    this.#collecting ??= setTimeout(() => {
      this.#collecting = undefined;
      this.#worker.wake();
    }, COLLECT_MS).unref();
  }

  #hint(conversation: ConversationId): void {
    // It is found in the database later.
    if (this.#isDeferred(conversation)) return;
    if (this.#hinted.size < HINTS_MAX) this.#hinted.add(conversation);
    else this.#searchAt = 0;
  }

  async #decide(isStopped: () => boolean): Promise<void> {
    const due = this.#hinted;
    this.#hinted = new Set();
    try {
      await this.#decideDue(due, isStopped);
    } catch (error) {
      for (const conversation of due) this.#hint(conversation);
      throw error;
    }
  }

  /** Decides about conversations until none has more events. */
  async #decideDue(due: Set<ConversationId>, isStopped: () => boolean): Promise<void> {
    let behind: ConversationId[] = [];
    while (!isStopped()) {
      if (behind.length === 0 && performance.now() >= this.#searchAt) {
        behind = await conversationsBehind(this.#deps.pool, this.#deferredNow());
        if (behind.length === 0) this.#searchAt = performance.now() + SEARCH_MS;
      }
      const most = this.#isAlone ? 1 : CONVERSATIONS_MAX;
      const hinted = takeFrom(due, most);
      // Events just committed are decided before the backlog from before the start.
      const some = [...hinted, ...behind.splice(0, most - hinted.length)];
      if (some.length === 0) {
        this.#isAlone = false;
        return;
      }
      for (const conversation of await this.#decideSome([...new Set(some)])) due.add(conversation);
    }
  }

  /** Decides about conversations. Returns those that have more events. */
  async #decideSome(conversations: readonly ConversationId[]): Promise<readonly ConversationId[]> {
    const { pool, clock } = this.#deps;
    try {
      const now = clock.now();
      const { more, changed } = await decideNext(pool, conversations, {
        presenceOf: this.#presenceOf,
        now,
      });
      for (const change of changed) this.#sendActivity(change);
      return more;
    } catch (error) {
      const [first] = conversations;
      if (this.#isAlone && first) this.#defer(first);
      else for (const conversation of conversations) this.#hint(conversation);
      this.#isAlone = true;
      throw error;
    }
  }

  #defer(conversation: ConversationId): void {
    this.#deps.log.warn({ conversation }, 'notifications of a conversation deferred');
    if (this.#deferred.size >= DEFERRED_MAX) this.#deferred.clear();
    this.#deferred.set(conversation, performance.now() + DEFER_MS);
  }

  #isDeferred(conversation: ConversationId): boolean {
    const until = this.#deferred.get(conversation);
    if (until === undefined || until > performance.now()) return until !== undefined;
    this.#deferred.delete(conversation);
    return false;
  }

  #deferredNow(): ConversationId[] {
    return [...this.#deferred.keys()].filter((conversation) => this.#isDeferred(conversation));
  }
}

/** Takes at most `most` conversations from a set. */
function takeFrom(conversations: Set<ConversationId>, most: number): ConversationId[] {
  const taken: ConversationId[] = [];
  for (const conversation of conversations) {
    if (taken.length === most) break;
    taken.push(conversation);
    conversations.delete(conversation);
  }
  return taken;
}
