import {
  type ClientId,
  type ConversationId,
  type DurableCommand,
  isRetryable,
  type Limits,
  type Refusal,
} from '@parley/protocol';
import type { OutboxEntry } from './store.ts';

/** A command without an answer on a living socket is sent again after this time, ms. */
const ANSWER_MS = 10_000;
/** Commands under way at a time, all conversations together. */
const WINDOW = 256;
/** Read marks of one conversation are sent at most this often, ms: later ones overtake them. */
const READ_EVERY_MS = 1_000;

interface Item {
  readonly entry: OutboxEntry;
  /** The socket on which it was sent, by number; null: to be sent. */
  sentOn: number | null;
  sentAt: number;
  sendings: number;
}

/** What the outbox needs of the client. */
export interface OutboxDeps {
  /** Sends a frame; false when there is no socket. */
  send(text: string): boolean;
  /** The number of the present socket. */
  generation(): number;
  random(): number;
  /** A command was sent once more. */
  resent(): void;
}

/**
 * Commands on their way.
 *
 * 1. Commands of a conversation are sent in the order in which they were made, and after a new
 *    socket again in that order.
 * 2. Each keeps its id through all sendings; it leaves only with its answer.
 * 3. While the server refuses one for the moment, no later one of its conversation is sent.
 * 4. It keeps to the rate that the server has told, so that nothing has to be refused for it.
 * 5. Read marks do not take that rate from what people say: they are sent seldom, wait apart from
 *    the others (rule 1 is not for them), and one that is overtaken before it is sent is not sent.
 */
export class Outbox {
  readonly #context: OutboxDeps;
  readonly #items = new Map<ClientId, Item>();
  /** Conversations that wait: until when, monotonic ms. */
  readonly #held = new Map<ConversationId, number>();
  /** When a read mark of a conversation was sent last, monotonic ms. */
  readonly #markedAt = new Map<ConversationId, number>();
  #timer: ReturnType<typeof setTimeout> | null = null;
  #open = false;
  /** The highest order that was added. */
  #lastOrder = Number.NEGATIVE_INFINITY;
  #rate = { size: 0, perMs: 0, left: 0, at: 0 };

  constructor(context: OutboxDeps) {
    this.#context = context;
  }

  /** Everything that waits for an answer, in order. */
  get entries(): OutboxEntry[] {
    return [...this.#items.values()].map((item) => item.entry);
  }

  has(id: ClientId): boolean {
    return this.#items.has(id);
  }

  get(id: ClientId): OutboxEntry | undefined {
    return this.#items.get(id)?.entry;
  }

  /** Takes a command that is stored already, and sends it when its turn has come. */
  add(entry: OutboxEntry): void {
    const item: Item = { entry, sentOn: null, sentAt: 0, sendings: 0 };
    this.#items.set(entry.id, item);
    if (entry.order < this.#lastOrder) this.#sort();
    else this.#lastOrder = entry.order;
    this.pump();
  }

  /** What an earlier life has left may come after what was made meanwhile: it goes before that. */
  #sort(): void {
    const sorted = [...this.#items].sort(([, a], [, b]) => a.entry.order - b.entry.order);
    this.#items.clear();
    for (const [id, item] of sorted) this.#items.set(id, item);
  }

  /** Takes out the read marks that `command`, made later, overtakes, unless they are on their way. */
  overtaken(command: DurableCommand): OutboxEntry[] {
    const overtaken: OutboxEntry[] = [];
    for (const { entry, sendings } of this.#items.values()) {
      if (sendings === 0 && overtakes(command, entry.command)) overtaken.push(entry);
    }
    for (const { id } of overtaken) this.#items.delete(id);
    return overtaken;
  }

  /** A socket was greeted: what the last one left open is sent again. */
  connected(limits: Pick<Limits, 'commands' | 'commandWindowMs'>): void {
    // A little under the server’s figure: its clock and ours do not tick alike, and `fill` and
    // `renew` count too.
    const size = Math.floor(limits.commands * 0.8);
    this.#rate = { size, perMs: size / limits.commandWindowMs, left: size, at: performance.now() };
    this.#held.clear();
    for (const item of this.#items.values()) item.sentOn = null;
    this.#open = true;
    this.pump();
  }

  /** The socket is gone. */
  disconnected(): void {
    this.#open = false;
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
  }

  /** The command was answered for good; its entry, when it was ours. */
  settle(id: ClientId): OutboxEntry | null {
    const item = this.#items.get(id);
    if (!item) return null;
    this.#items.delete(id);
    this.pump();
    return item.entry;
  }

  /** The server refused a command. True when it is sent again by itself later. */
  refused(id: ClientId, refusal: Pick<Refusal, 'code' | 'retryAfter'>): boolean {
    const item = this.#items.get(id);
    if (!item || !isRetryable(refusal.code)) return false;
    const pause = ((refusal.retryAfter ?? 1) + this.#context.random()) * 1000;
    const { conversation } = item.entry.command;
    this.#held.set(conversation, performance.now() + pause);
    item.sentOn = null;
    this.#wakeIn(pause);
    return true;
  }

  /** Sends what may be sent now. */
  pump(): void {
    if (!this.#open) return;
    const now = performance.now();
    const generation = this.#context.generation();
    const waiting = new Set<ConversationId>();
    let underWay = 0;
    let wake = Number.POSITIVE_INFINITY;
    for (const item of this.#items.values()) {
      const { conversation } = item.entry.command;
      if (item.sentOn === generation) {
        underWay++;
        const late = item.sentAt + ANSWER_MS - now;
        if (late <= 0) this.#send(item, generation, now);
        wake = Math.min(wake, late > 0 ? late : ANSWER_MS);
        continue;
      }
      const heldFor = (this.#held.get(conversation) ?? 0) - now;
      if (heldFor > 0) {
        waiting.add(conversation);
        wake = Math.min(wake, heldFor);
        continue;
      }
      if (underWay >= WINDOW) continue;
      const isMark = isReadMark(item.entry.command);
      if (waiting.has(conversation) && !isMark) continue;
      const early = isMark ? this.#markEarly(conversation, now) : 0;
      if (early > 0) {
        wake = Math.min(wake, early);
        continue;
      }
      const pause = this.#takeRate(now);
      if (pause > 0) {
        wake = Math.min(wake, pause);
        break;
      }
      if (!this.#send(item, generation, now)) return;
      if (isMark) this.#markedAt.set(conversation, now);
      wake = Math.min(wake, ANSWER_MS);
      underWay++;
    }
    if (wake < Number.POSITIVE_INFINITY) this.#wakeIn(wake);
  }

  #send(item: Item, generation: number, now: number): boolean {
    if (!this.#context.send(frameOf(item.entry.command))) return false;
    item.sentOn = generation;
    item.sentAt = now;
    if (++item.sendings > 1) this.#context.resent();
    return true;
  }

  /** How long a read mark has still to wait, ms. */
  #markEarly(conversation: ConversationId, now: number): number {
    return (this.#markedAt.get(conversation) ?? Number.NEGATIVE_INFINITY) + READ_EVERY_MS - now;
  }

  /** Takes one from the rate; else how long to wait, ms. */
  #takeRate(now: number): number {
    const rate = this.#rate;
    if (rate.size === 0) return 0;
    rate.left = Math.min(rate.size, rate.left + (now - rate.at) * rate.perMs);
    rate.at = now;
    if (rate.left < 1) return (1 - rate.left) / rate.perMs;
    rate.left -= 1;
    return 0;
  }

  #wakeIn(ms: number): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.pump();
    }, Math.ceil(ms) + 1);
  }
}

/** Whether the command only moves a read cursor forward. */
const isReadMark = (command: DurableCommand): boolean =>
  command.op === 'read' && command.unread !== true;

/** Whether `earlier` is pointless once `later` is there: a read mark, and one that reaches further. */
export const overtakes = (later: DurableCommand, earlier: DurableCommand): boolean =>
  later.op === 'read' &&
  earlier.op === 'read' &&
  isReadMark(earlier) &&
  later.conversation === earlier.conversation &&
  (later.unread === true || later.seq >= earlier.seq);

const frameOf = (command: DurableCommand): string => JSON.stringify(command);
