import type { ClientId, RefusalCode } from '@parley/protocol';
import type { Command } from './stream-transaction.ts';

/** How long later commands wait for a deferred one, whose sender may never retry it. */
const WAIT_MS = 5_000;
/** Deferred commands that are remembered one by one. */
const REMEMBERED_MAX = 50_000;
/** The shortest time between two removals of expired entries. */
const SWEEP_MS = 1_000;

/** A command that was rejected for now; its sender is expected to retry it. */
export interface DeferredCommand {
  readonly clientId: ClientId;
  /** Its place among all commands since its first arrival. */
  readonly order: number;
  /** Why it was deferred. */
  readonly code: RefusalCode;
  /** Until when later commands wait for it, monotonic ms. */
  readonly until: number;
}

/** The fields that identify a command. */
type Identified = Pick<Command, 'actor' | 'stream' | 'clientId'>;

/**
 * Keeps the order of a sender's commands in a stream while some of them are deferred (rejected for
 * now, or of unknown outcome).
 *
 * 1. While a command is deferred, commands that arrived later wait for it, for at most {@link WAIT_MS}
 *    after its last deferral. Commands that arrived earlier never wait for it.
 * 2. A command that is sent again keeps the place of its first arrival, even if the copy arrived
 *    before the first one was deferred. Its entry remains while commands wait for a later one of the
 *    same sender, so that the two keep their order if both are sent again.
 * 3. At most {@link REMEMBERED_MAX} commands are remembered. If one beyond that is sent again, it takes
 *    a new place behind all of them.
 */
export class DeferredCommands {
  readonly #now: () => number;
  readonly #max: number;
  /** By sender and stream, ordered by `order`. */
  readonly #bySender = new Map<string, DeferredCommand[]>();
  /** The same entries, to find a command that is sent again. */
  readonly #byCommand = new Map<string, DeferredCommand>();
  #arrivals = 0;
  #sweptAt = 0;

  constructor(now: () => number = () => performance.now(), max = REMEMBERED_MAX) {
    this.#now = now;
    this.#max = max;
  }

  /** The number of remembered commands. */
  get size(): number {
    return this.#byCommand.size;
  }

  /** Returns the place of a command that arrives: a new one, or that of its first arrival. */
  orderOf(command: Identified): number {
    return this.#byCommand.get(commandKey(command))?.order ?? ++this.#arrivals;
  }

  /** Remembers that the command was deferred; later ones of its sender wait for it from now on. */
  defer(command: Identified, order: number, code: RefusalCode): void {
    this.#sweep();
    const place = this.#placeOf(command, order);
    this.#forget(command);
    if (this.#byCommand.size >= this.#max) return;
    const { clientId } = command;
    const until = this.#now() + WAIT_MS;
    const entry: DeferredCommand = { clientId, order: place, code, until };
    this.#byCommand.set(commandKey(command), entry);
    const key = senderKey(command);
    const entries = this.#bySender.get(key);
    if (entries) entries.splice(placeOf(entries, place), 0, entry);
    else this.#bySender.set(key, [entry]);
  }

  /** Returns the deferred command that has to come before one with this place, if there is one. */
  ahead(command: Identified, order: number): DeferredCommand | null {
    const sender = senderKey(command);
    const entries = this.#bySender.get(sender);
    if (!entries) return null;
    const now = this.#now();
    const place = this.#placeOf(command, order);
    for (const entry of entries) {
      if (entry.order >= place) break;
      if (entry.until >= now) return entry;
    }
    this.#dropExpired(sender, entries, now);
    return null;
  }

  /** Returns the place of a copy of a command that arrived in this order: that of the earliest copy. */
  #placeOf(command: Identified, order: number): number {
    return Math.min(order, this.#byCommand.get(commandKey(command))?.order ?? order);
  }

  /**
   * Forgets a command whose copy is being executed. Returns the place of its earliest copy, with
   * which it is deferred again if it fails.
   */
  resume(command: Identified, order: number): number {
    const place = this.#placeOf(command, order);
    this.#forget(command);
    return place;
  }

  #forget(command: Identified): void {
    const key = commandKey(command);
    const entry = this.#byCommand.get(key);
    if (!entry) return;
    this.#byCommand.delete(key);
    const sender = senderKey(command);
    const entries = this.#bySender.get(sender) as DeferredCommand[];
    entries.splice(placeOf(entries, entry.order), 1);
    if (entries.length === 0) this.#bySender.delete(sender);
  }

  #sweep(): void {
    const now = this.#now();
    if (now - this.#sweptAt < SWEEP_MS) return;
    this.#sweptAt = now;
    for (const [sender, entries] of this.#bySender) this.#dropExpired(sender, entries, now);
  }

  /** Drops the expired entries of a sender behind the last one that is still waited for. */
  #dropExpired(sender: string, entries: DeferredCommand[], now: number): void {
    for (let last = entries.at(-1); last && last.until < now; last = entries.at(-1)) {
      entries.pop();
      this.#byCommand.delete(`${sender} ${last.clientId}`);
    }
    if (entries.length === 0) this.#bySender.delete(sender);
  }
}

const senderKey = ({ actor, stream }: Identified): string => `${actor} ${stream}`;
const commandKey = (command: Identified): string => `${senderKey(command)} ${command.clientId}`;

/** Index of the first entry that does not come before `order`. */
function placeOf(entries: readonly DeferredCommand[], order: number): number {
  let low = 0;
  let high = entries.length;
  // New entries mostly belong at the end.
  if (high > 0 && (entries[high - 1] as DeferredCommand).order < order) return high;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((entries[middle] as DeferredCommand).order < order) low = middle + 1;
    else high = middle;
  }
  return low;
}
