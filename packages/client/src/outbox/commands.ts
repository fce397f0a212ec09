import type { Ack, ClientId, DurableCommand, Limits, Nack, Refusal } from '@parley/protocol';
import { uuidv7 } from 'uuidv7';
import { CommandRefused, type Sent } from '../state/client-types.ts';
import type { Persistence } from '../storage/persistence.ts';
import type { OutboxEntry } from '../storage/store.ts';
import { claimOrphans, holdTab } from '../storage/tabs.ts';
import { Outbox, type OutboxDeps, overtakes } from './outbox.ts';

/** The answer to commands that the session did not outlive. Not from the table of errors, which a page need not load. */
const SESSION_ENDED: Refusal = { code: 'session_ended', message: 'The session has ended' };

/** Interval of the search for entries of closed tabs, ms. */
const ORPHANS_MS = 30_000;

/** Returns a new command id: created once per user action. */
export const newId = (): ClientId => uuidv7() as ClientId;

/**
 * Handles commands from the user’s action to the server’s answer: stores, sends, retries and
 * settles them. A message that is permanently refused stays until the user decides.
 */
export class Commands {
  readonly #outbox: Outbox;
  readonly #persistence: Persistence;
  readonly #onChange: () => void;
  readonly #tab = uuidv7();
  /** Already displayed; sent once stored, which may have to wait until the store is open. */
  readonly #unsent = new Map<ClientId, OutboxEntry>();
  readonly #failed = new Map<ClientId, OutboxEntry>();
  /** What overtook each read mark that is still stored: the mark is removed once that command is stored, so none is lost. */
  readonly #overtakenBy = new Map<ClientId, ClientId>();
  readonly #settling = new Map<
    ClientId,
    { resolve: (ack: Ack) => void; reject: (e: Error) => void; settled: Promise<Ack> }
  >();
  #order = 0;
  /** Increases with every start and stop, so that earlier work is abandoned. */
  #run = 0;
  #isStarted = false;
  #orphanTimer: ReturnType<typeof setInterval> | null = null;
  #releaseTab: () => void = () => undefined;

  /** `onChange` is called when the entries have changed. */
  constructor(persistence: Persistence, context: OutboxDeps, onChange: () => void) {
    this.#persistence = persistence;
    this.#outbox = new Outbox(context);
    this.#onChange = onChange;
  }

  /**
   * Starts on an opened store: takes over the entries of a previous process, and from now on those of
   * closed tabs, and stores what was accepted meanwhile.
   */
  async start(saved: readonly OutboxEntry[]): Promise<void> {
    const run = ++this.#run;
    this.#releaseTab = holdTab(this.#tab);
    await this.#adopt(saved);
    if (run !== this.#run) return;
    this.#isStarted = true;
    for (const entry of this.#unsent.values()) this.#store(entry);
    this.#orphanTimer = setInterval(() => void this.#adoptOrphans(), ORPHANS_MS);
  }

  /** Stops sending. Unanswered commands stay in the store. */
  stop(): void {
    this.#run++;
    this.#isStarted = false;
    this.#outbox.disconnected();
    if (this.#orphanTimer) clearInterval(this.#orphanTimer);
    this.#releaseTab();
  }

  /** Removes everything from memory: another account must neither see nor send it. The store keeps it. */
  clear(): void {
    this.#unsent.clear();
    this.#failed.clear();
    this.#overtakenBy.clear();
    this.#outbox.clear();
    for (const { reject } of this.#settling.values()) {
      reject(new CommandRefused(SESSION_ENDED));
    }
    this.#settling.clear();
    this.#onChange();
  }

  /** Sends the unanswered commands of the previous socket again; called once a new one has received `ready`. */
  connected(limits: Pick<Limits, 'commands' | 'commandWindowMs'>): void {
    this.#outbox.connected(limits);
  }

  /** Handles the loss of the socket. */
  disconnected(): void {
    this.#outbox.disconnected();
  }

  /** Returns everything that is unanswered or failed, in the order of creation. */
  get entries(): OutboxEntry[] {
    const all = [...this.#failed.values(), ...this.#outbox.entries, ...this.#unsent.values()];
    return all.sort((a, b) => a.order - b.order);
  }

  /** Returns a failed command. */
  failed(id: ClientId): OutboxEntry | undefined {
    return this.#failed.get(id);
  }

  /**
   * Accepts a command: stores it, then sends it; after a crash the same id is there. A command
   * that is already in flight is not accepted again; one that was refused is sent again.
   */
  send(command: DurableCommand): Sent {
    if (this.#outbox.has(command.id) || this.#unsent.has(command.id)) {
      return { id: command.id, settled: this.#whenSettled(command.id) };
    }
    this.#failed.delete(command.id);
    const entry: OutboxEntry = {
      id: command.id,
      order: this.#nextOrder(),
      command,
      createdAt: Date.now(),
      state: 'pending',
      owner: this.#tab,
    };
    const settled = this.#whenSettled(command.id);
    for (const { id } of this.#overtaken(command)) {
      for (const [earlier, by] of this.#overtakenBy) {
        if (by === id) this.#overtakenBy.set(earlier, entry.id);
      }
      this.#overtakenBy.set(id, entry.id);
      const waiting = this.#settling.get(id);
      this.#settling.delete(id);
      if (waiting) settled.then(waiting.resolve, waiting.reject);
    }
    this.#unsent.set(entry.id, entry);
    this.#onChange();
    if (this.#isStarted) this.#store(entry);
    return { id: command.id, settled };
  }

  #store(entry: OutboxEntry): void {
    void this.#persistence.putOutbox(entry).then(() => {
      for (const [id, by] of this.#overtakenBy) {
        if (by !== entry.id) continue;
        this.#overtakenBy.delete(id);
        void this.#persistence.removeOutbox(id);
      }
      if (this.#unsent.delete(entry.id)) this.#outbox.add(entry);
      // It was stored twice, over a restart, and answered in between.
      else if (!this.#outbox.has(entry.id) && !this.#overtakenBy.has(entry.id)) {
        void this.#persistence.removeOutbox(entry.id);
      }
    });
  }

  /** Settles with the command’s answer. */
  #whenSettled(id: ClientId): Promise<Ack> {
    const settling = this.#settling.get(id);
    if (settling) return settling.settled;
    let resolve: (ack: Ack) => void = () => undefined;
    let reject: (error: Error) => void = () => undefined;
    const settled = new Promise<Ack>((yes, no) => {
      resolve = yes;
      reject = no;
    });
    // Callers that do not wait for the answer learn of a refusal from the event `nack`.
    settled.catch(() => undefined);
    this.#settling.set(id, { resolve, reject, settled });
    return settled;
  }

  /** Removes read marks that are not sent yet and that the command makes redundant. */
  #overtaken(command: DurableCommand): OutboxEntry[] {
    const storing = [...this.#unsent.values()].filter((e) => overtakes(command, e.command));
    for (const { id } of storing) this.#unsent.delete(id);
    return [...storing, ...this.#outbox.overtaken(command)];
  }

  /** Handles the ack of a command. `before` is called with its entry while it is still shown. */
  acked(ack: Ack, before: (entry: OutboxEntry) => void): void {
    const entry = this.#outbox.settle(ack.id);
    if (entry) {
      before(entry);
      void this.#persistence.removeOutbox(ack.id);
      this.#onChange();
    }
    this.#settling.get(ack.id)?.resolve(ack);
    this.#settling.delete(ack.id);
  }

  /**
   * The server has refused a command. Returns its entry, unless it will be retried automatically.
   */
  nacked({
    id: text,
    code,
    message,
    retryAfter,
  }: Nack): { entry: OutboxEntry; refusal: Refusal } | null {
    const id = text as ClientId;
    const refused: Refusal = { code, message, ...(retryAfter !== undefined && { retryAfter }) };
    if (this.#outbox.refused(id, refused)) return null;
    const entry = this.#outbox.settle(id);
    if (!entry) return null;
    if (entry.command.op === 'post') {
      const failed: OutboxEntry = { ...entry, state: 'failed', failure: refused };
      this.#failed.set(id, failed);
      void this.#persistence.putOutbox(failed);
    } else {
      void this.#persistence.removeOutbox(id);
    }
    this.#onChange();
    this.#settling.get(id)?.reject(new CommandRefused(refused));
    this.#settling.delete(id);
    return { entry, refusal: refused };
  }

  /** Discards a failed command. */
  discard(id: ClientId): void {
    void this.#persistence.removeOutbox(id);
    this.#failed.delete(id);
    this.#onChange();
  }

  /** Increases across reloads as long as the clock does; within a process it always increases. */
  #nextOrder(): number {
    this.#order = Math.max(this.#order + 1, Date.now());
    return this.#order;
  }

  async #adopt(entries: readonly OutboxEntry[]): Promise<void> {
    const run = this.#run;
    for (const entry of await claimOrphans(entries, this.#tab)) {
      // Stopped meanwhile: the entries belong to the store that was open, and wait there.
      if (run !== this.#run) return;
      const { id } = entry;
      if (this.#outbox.has(id) || this.#unsent.has(id) || this.#failed.has(id)) continue;
      this.#order = Math.max(this.#order, entry.order);
      const own = { ...entry, owner: this.#tab };
      await this.#persistence.putOutbox(own);
      if (run !== this.#run) return;
      if (own.state === 'failed') this.#failed.set(id, own);
      else this.#outbox.add(own);
    }
    this.#onChange();
  }

  async #adoptOrphans(): Promise<void> {
    const run = this.#run;
    const entries = await this.#persistence.outbox();
    if (run !== this.#run) return;
    if (entries.some((e) => e.owner !== this.#tab)) await this.#adopt(entries);
  }
}
