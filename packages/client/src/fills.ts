import type { Nack, Seq, StreamId } from '@parley/protocol';
import { newId } from './commands.ts';

/** A gap that is still there after this time is requested again, ms. */
const AGAIN_MS = 1_500;

/** Requests missing events: one request per stream at a time. */
export class Fills {
  readonly #send: (text: string) => boolean;
  readonly #asked = new Set<StreamId>();
  readonly #requests = new Map<string, StreamId>();

  constructor(send: (text: string) => boolean) {
    this.#send = send;
  }

  /**
   * Requests everything after `after`. Returns false if it was just requested, or if there is no
   * socket.
   */
  ask(stream: StreamId, after: Seq): boolean {
    if (this.#asked.has(stream)) return false;
    const id = newId();
    if (!this.#send(JSON.stringify({ op: 'fill', id, stream, after }))) return false;
    this.#asked.add(stream);
    this.#requests.set(id, stream);
    setTimeout(() => this.#asked.delete(stream), AGAIN_MS);
    return true;
  }

  /** Returns whether the ack belongs to one of these requests. */
  acked(id: string): boolean {
    return this.#requests.delete(id);
  }

  /** Returns the stream whose request was refused; undefined if the nack is for something else. */
  refused(nack: Nack): StreamId | undefined {
    const stream = nack.id === null ? undefined : this.#requests.get(nack.id);
    if (stream === undefined || nack.id === null) return undefined;
    this.#requests.delete(nack.id);
    this.#asked.delete(stream);
    return stream;
  }

  /** Forgets the open requests: those of the previous socket are no longer answered. */
  reset(): void {
    this.#asked.clear();
    this.#requests.clear();
  }
}
