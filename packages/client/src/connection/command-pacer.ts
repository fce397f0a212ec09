import { type CommandLimits, CommandRate } from './command-rate.ts';

/** A waiting command, as its frame. */
interface Waiting {
  readonly id: string;
  readonly text: string;
  /** Its place among all commands since it was first added. */
  readonly order: number;
}

/**
 * Paces the commands of all tabs that share a connection, because the server limits them per
 * connection. Commands of a tab keep their order; tabs take turns, so that one with many commands
 * does not delay the others.
 *
 * A command that the server has deferred is added again, perhaps while later ones of its tab still wait
 * here. It goes first, because the server keeps its place only for a few seconds.
 */
export class CommandPacer {
  readonly #send: (text: string) => void;
  readonly #waiting = new Map<string, Waiting[]>();
  /** The places of sent commands without a final answer. */
  readonly #sent = new Map<string, number>();
  #added = 0;
  #rate: CommandRate | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** `send` sends a frame to the server. */
  constructor(send: (text: string) => void) {
    this.#send = send;
  }

  /** Sets the limits of the server. Before that, no command waits. */
  limit(limits: CommandLimits): void {
    this.#rate = new CommandRate(limits);
  }

  /**
   * Sends a command of a tab when its turn comes. A command that is already waiting is not added
   * again.
   */
  add(tab: string, id: string, text: string): void {
    const waiting = this.#waiting.get(tab) ?? [];
    if (waiting.some((one) => one.id === id)) return;
    const order = this.#sent.get(id) ?? ++this.#added;
    const behind = waiting.findIndex((one) => one.order > order);
    waiting.splice(behind === -1 ? waiting.length : behind, 0, { id, text, order });
    this.#waiting.set(tab, waiting);
    this.pump();
  }

  /** Handles the final answer to a command: it is not added again. */
  answered(id: string): void {
    this.#sent.delete(id);
  }

  /** Drops the waiting commands of a tab, which will send them again over another connection. */
  drop(tab: string): void {
    this.#waiting.delete(tab);
  }

  /** Drops everything: the connection is lost. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#waiting.clear();
    this.#sent.clear();
  }

  /**
   * Sends the commands that are due. Must be called often, because browsers delay the timers of
   * hidden tabs.
   */
  pump(): void {
    for (let next = this.#next(); next; next = this.#next()) {
      const [tab, waiting] = next;
      const pause = this.#rate?.take() ?? 0;
      if (pause > 0) {
        clearTimeout(this.#timer);
        this.#timer = setTimeout(() => this.pump(), Math.ceil(pause) + 1);
        return;
      }
      const [first, ...others] = waiting;
      // The next one of this tab goes after those of the others.
      this.#waiting.delete(tab);
      if (others.length > 0) this.#waiting.set(tab, others);
      if (!first) continue;
      this.#sent.set(first.id, first.order);
      this.#send(first.text);
    }
  }

  #next(): [string, Waiting[]] | undefined {
    const [next] = this.#waiting;
    return next;
  }
}
