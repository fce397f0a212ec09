import type { AccountId, Seq } from '@parley/protocol';
import type { Hub } from '../../src/stream/hub.ts';
import type { StoredEvent } from '../../src/stream/record.ts';
import { type DrainableSink, Resume } from '../../src/stream/resume.ts';
import type { Subscription } from '../../src/stream/subscription.ts';
import { testLog } from './database.ts';

/** Records what a socket would have been sent, with a congestion that the test controls. */
export class RecordingSink implements DrainableSink {
  readonly account: AccountId;
  readonly received: { stream: string; seq: Seq; type: string }[] = [];
  readonly endedStreams: string[] = [];
  readonly personalSeen: StoredEvent[] = [];
  closed = false;
  readonly resume: Resume;
  #congested = false;
  #waiters: (() => void)[] = [];

  constructor(hub: Hub, account: AccountId) {
    this.account = account;
    this.resume = new Resume(hub, testLog, this, () => undefined);
  }

  get congested(): boolean {
    return this.#congested;
  }

  /** Makes the socket congested, or drained again. */
  setCongested(congested: boolean): void {
    this.#congested = congested;
    if (!congested) for (const resolve of this.#waiters.splice(0)) resolve();
  }

  close(): void {
    this.closed = true;
    for (const resolve of this.#waiters.splice(0)) resolve();
  }

  write(frames: Buffer): void {
    for (const text of readTextFrames(frames)) {
      const { stream, seq, type } = JSON.parse(text) as {
        stream: string;
        seq: Seq;
        type: string;
      };
      this.received.push({ stream, seq, type });
    }
  }

  wake(subscription: Subscription): void {
    this.resume.wake(subscription);
  }

  personal(events: readonly StoredEvent[]): void {
    this.personalSeen.push(...events);
  }

  drained(): Promise<void> {
    if (!this.#congested || this.closed) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  ended(subscription: Subscription): void {
    this.endedStreams.push(subscription.stream);
  }

  /** Returns the received seqs in the order of their arrival. */
  get seqs(): Seq[] {
    return this.received.map((e) => e.seq);
  }
}

/** Returns the contents of unmasked, unfragmented WebSocket text frames (RFC 6455 §5.2). */
function readTextFrames(frames: Buffer): string[] {
  const texts: string[] = [];
  for (let at = 0; at < frames.length; ) {
    if (frames[at] !== 0x81) throw new Error(`Not a text frame: ${frames[at]}`);
    let length = frames[at + 1] as number;
    at += 2;
    if (length === 126) {
      length = frames.readUInt16BE(at);
      at += 2;
    } else if (length === 127) {
      length = Number(frames.readBigUInt64BE(at));
      at += 8;
    }
    texts.push(frames.toString('utf8', at, at + length));
    at += length;
  }
  return texts;
}

/** How often {@link until} evaluates a condition at first, and how seldom one that sends queries or requests. */
const POLL_MS = { first: 5, last: 30 };

/**
 * Polls a condition for up to `ms`. A condition that is a promise sends queries or requests, so it is evaluated the more
 * seldom the longer it takes: 200 a second would need as much processor time as what the test waits for.
 */
export async function until(
  condition: () => boolean | Promise<boolean>,
  what: string,
  ms = 20_000,
): Promise<void> {
  const start = performance.now();
  for (;;) {
    const met = condition();
    if (await met) return;
    const waited = performance.now() - start;
    if (waited > ms) throw new Error(`Timed out waiting for: ${what}`);
    const longest = met instanceof Promise ? POLL_MS.last : POLL_MS.first;
    const pause = Math.min(Math.max(waited / 10, POLL_MS.first), longest);
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}
