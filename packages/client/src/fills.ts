import type { Nack, Seq, StreamId } from '@parley/protocol';
import { newId } from './commands.ts';

/** A hole that is still there after this time is asked for again, ms. */
const AGAIN_MS = 1_500;

/** Asks the server for what is missing of a stream: one request for each stream at a time. */
export class Fills {
  readonly #send: (text: string) => boolean;
  readonly #asked = new Set<StreamId>();
  readonly #requests = new Map<string, StreamId>();

  constructor(send: (text: string) => boolean) {
    this.#send = send;
  }

  /** Asks for everything after `after`; false when that was just asked, or nobody hears it. */
  ask(stream: StreamId, after: Seq): boolean {
    if (this.#asked.has(stream)) return false;
    const id = newId();
    if (!this.#send(JSON.stringify({ op: 'fill', id, stream, after }))) return false;
    this.#asked.add(stream);
    this.#requests.set(id, stream);
    setTimeout(() => this.#asked.delete(stream), AGAIN_MS);
    return true;
  }

  /** Whether the ack is for one of these requests. */
  acked(id: string): boolean {
    return this.#requests.delete(id);
  }

  /** The stream whose filling was refused; undefined when the answer is for something else. */
  refused(nack: Nack): StreamId | undefined {
    const stream = nack.id === null ? undefined : this.#requests.get(nack.id);
    if (stream === undefined || nack.id === null) return undefined;
    this.#requests.delete(nack.id);
    this.#asked.delete(stream);
    return stream;
  }

  /** Another socket: what was asked on the last one is not answered any more. */
  reset(): void {
    this.#asked.clear();
    this.#requests.clear();
  }
}
