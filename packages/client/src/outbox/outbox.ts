import {
  type ClientId,
  type ConversationId,
  type DurableCommand,
  isRetryable,
  type Refusal,
} from '@parley/protocol';
import { type CommandLimits, CommandRate } from '../connection/command-rate.ts';
import type { OutboxEntry } from '../storage/store.ts';

/** A command without an answer on a working socket is sent again after this time, ms. */
const ANSWER_MS = 10_000;
/** The maximum number of commands in flight, over all conversations. */
const IN_FLIGHT_MAX = 256;
/**
 * Shortest interval between read marks of one conversation, ms: later ones replace earlier ones.
 */
const READ_EVERY_MS = 1_000;

interface Item {
  readonly entry: OutboxEntry;
  /** The number of the socket on which it was sent; null: to be sent. */
  sentOn: number | null;
  sentAt: number;
  sendings: number;
}

/** How {@link Outbox} sends its commands. */
export interface OutboxDeps {
  /** Sends a frame. Returns false if there is no socket. */
  send(text: string): boolean;
  /** The number of the current socket. */
  generation(): number;
  random(): number;
  /** Called when a command is sent again. */
  resent(): void;
}

/**
 * Commands in flight.
 *
 * 1. Commands of a conversation are sent in the order in which they were created, and again in that
 *    order on a new socket.
 * 2. Each keeps its id in all attempts; it leaves the outbox only with its answer.
 * 3. While one is deferred, no later one of its conversation is sent.
 * 4. The rate stays within the server’s limit, so that no command is refused for it.
 * 5. Read marks do not use up that rate: they are sent rarely, wait separately from other commands
 *    (rule 1 does not apply to them), and are dropped if overtaken before they are sent.
 */
export class Outbox {
  readonly #deps: OutboxDeps;
  readonly #items = new Map<ClientId, Item>();
  /** Conversations that must wait: until when, monotonic ms. */
  readonly #deferredUntil = new Map<ConversationId, number>();
  /** When a read mark of a conversation was last sent, monotonic ms. */
  readonly #markedAt = new Map<ConversationId, number>();
  #timer: ReturnType<typeof setTimeout> | null = null;
  #open = false;
  /** The highest order that was added. */
  #lastOrder = Number.NEGATIVE_INFINITY;
  #rate: CommandRate | null = null;

  constructor(deps: OutboxDeps) {
    this.#deps = deps;
  }

  /** Returns everything that waits for an answer, in order. */
  get entries(): OutboxEntry[] {
    return [...this.#items.values()].map((item) => item.entry);
  }

  has(id: ClientId): boolean {
    return this.#items.has(id);
  }

  get(id: ClientId): OutboxEntry | undefined {
    return this.#items.get(id)?.entry;
  }

  /** Removes everything. */
  clear(): void {
    this.#items.clear();
    this.#deferredUntil.clear();
    this.#markedAt.clear();
    this.#lastOrder = Number.NEGATIVE_INFINITY;
  }

  /** Adds a command that is already stored, and sends it when its turn comes. */
  add(entry: OutboxEntry): void {
    const item: Item = { entry, sentOn: null, sentAt: 0, sendings: 0 };
    this.#items.set(entry.id, item);
    if (entry.order < this.#lastOrder) this.#sort();
    else this.#lastOrder = entry.order;
    this.pump();
  }

  /** Entries of a previous process may arrive after newer ones, but go first. */
  #sort(): void {
    const sorted = [...this.#items].sort(([, a], [, b]) => a.entry.order - b.entry.order);
    this.#items.clear();
    for (const [id, item] of sorted) this.#items.set(id, item);
  }

  /** Removes the read marks that the later `command` overtakes, unless they are in flight. */
  overtaken(command: DurableCommand): OutboxEntry[] {
    const overtaken: OutboxEntry[] = [];
    for (const { entry, sendings } of this.#items.values()) {
      if (sendings === 0 && overtakes(command, entry.command)) overtaken.push(entry);
    }
    for (const { id } of overtaken) this.#items.delete(id);
    return overtaken;
  }

  /** Sends the unanswered commands of the previous socket again; called once a new one has received `ready`. */
  connected(limits: CommandLimits): void {
    this.#rate = new CommandRate(limits);
    this.#deferredUntil.clear();
    for (const item of this.#items.values()) item.sentOn = null;
    this.#open = true;
    this.pump();
  }

  /** Handles the loss of the socket. */
  disconnected(): void {
    this.#open = false;
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
  }

  /** Removes a command that has its final answer. Returns its entry, if it was in this outbox. */
  settle(id: ClientId): OutboxEntry | null {
    const item = this.#items.get(id);
    if (!item) return null;
    this.#items.delete(id);
    this.pump();
    return item.entry;
  }

  /** Handles the refusal of a command. Returns true if it will be retried automatically. */
  refused(id: ClientId, refusal: Pick<Refusal, 'code' | 'retryAfter'>): boolean {
    const item = this.#items.get(id);
    if (!item || !isRetryable(refusal.code)) return false;
    const pause = ((refusal.retryAfter ?? 1) + this.#deps.random()) * 1000;
    const { conversation } = item.entry.command;
    this.#deferredUntil.set(conversation, performance.now() + pause);
    item.sentOn = null;
    this.#wakeIn(pause);
    return true;
  }

  /** Sends what can be sent now. */
  pump(): void {
    if (!this.#open) return;
    const now = performance.now();
    const generation = this.#deps.generation();
    const deferred = new Set<ConversationId>();
    let inFlight = 0;
    let wake = Number.POSITIVE_INFINITY;
    for (const item of this.#items.values()) {
      const { conversation } = item.entry.command;
      if (item.sentOn === generation) {
        inFlight++;
        const late = item.sentAt + ANSWER_MS - now;
        if (late <= 0) this.#send(item, generation, now);
        wake = Math.min(wake, late > 0 ? late : ANSWER_MS);
        continue;
      }
      const deferredFor = (this.#deferredUntil.get(conversation) ?? 0) - now;
      if (deferredFor > 0) {
        deferred.add(conversation);
        wake = Math.min(wake, deferredFor);
        continue;
      }
      if (inFlight >= IN_FLIGHT_MAX) continue;
      const isMark = isReadMark(item.entry.command);
      if (deferred.has(conversation) && !isMark) continue;
      const early = isMark ? this.#markEarly(conversation, now) : 0;
      if (early > 0) {
        wake = Math.min(wake, early);
        continue;
      }
      const pause = this.#rate?.take() ?? 0;
      if (pause > 0) {
        wake = Math.min(wake, pause);
        break;
      }
      if (!this.#send(item, generation, now)) return;
      if (isMark) this.#markedAt.set(conversation, now);
      wake = Math.min(wake, ANSWER_MS);
      inFlight++;
    }
    if (wake < Number.POSITIVE_INFINITY) this.#wakeIn(wake);
  }

  #send(item: Item, generation: number, now: number): boolean {
    if (!this.#deps.send(frameOf(item.entry.command))) return false;
    item.sentOn = generation;
    item.sentAt = now;
    if (++item.sendings > 1) this.#deps.resent();
    return true;
  }

  /** Returns how long a read mark still has to wait, ms. */
  #markEarly(conversation: ConversationId, now: number): number {
    return (this.#markedAt.get(conversation) ?? Number.NEGATIVE_INFINITY) + READ_EVERY_MS - now;
  }

  #wakeIn(ms: number): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.pump();
    }, Math.ceil(ms) + 1);
  }
}

/** Returns whether the command only moves a read cursor forward. */
const isReadMark = (command: DurableCommand): boolean =>
  command.op === 'read' && command.unread !== true;

/** Returns whether `later` makes `earlier` redundant: a read mark, and one that reaches further. */
export const overtakes = (later: DurableCommand, earlier: DurableCommand): boolean =>
  later.op === 'read' &&
  earlier.op === 'read' &&
  isReadMark(earlier) &&
  later.conversation === earlier.conversation &&
  (later.unread === true || later.seq >= earlier.seq);

const frameOf = (command: DurableCommand): string => JSON.stringify(command);
