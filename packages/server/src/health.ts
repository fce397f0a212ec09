import type { HealthAnswer } from '@parley/protocol';
import type { Pool } from 'pg';
import type { z } from 'zod';
import type { DiskReserve } from './storage/disk-reserve.ts';
import type { Broker } from './stream/broker.ts';

/** How the server is, as it is told to those who balance and watch. */
export type HealthState = z.infer<typeof HealthAnswer>;

/** The database has this long to answer. */
const ANSWER_MS = 2_000;
/** An answer is good for this long: many who ask cost one query. */
const BELIEVED_MS = 500;

/**
 * Whether this node should be sent people: its database answers, and it is not about to stop.
 * A broker that is away and a full disk are told, but are no reason to send nobody.
 */
export class Health {
  readonly #pool: Pool;
  readonly #broker: Broker;
  readonly #disk: DiskReserve | null;
  #draining = false;
  #asked: { at: number; answer: Promise<boolean> } | null = null;

  constructor(pool: Pool, broker: Broker, disk: DiskReserve | null) {
    this.#pool = pool;
    this.#broker = broker;
    this.#disk = disk;
  }

  /** From now on it says that it stops. */
  drain(): void {
    this.#draining = true;
  }

  /** How it is now; never throws. */
  async state(): Promise<HealthState> {
    const { status: broker } = this.#broker;
    if (this.#draining) return { status: 'draining', broker };
    const status = (await this.#database()) ? 'ok' : 'failing';
    return { status, broker, ...(this.#disk && { disk: this.#disk.figures.full ? 'full' : 'ok' }) };
  }

  #database(): Promise<boolean> {
    const now = performance.now();
    if (!this.#asked || now - this.#asked.at > BELIEVED_MS) {
      this.#asked = { at: now, answer: answersInTime(this.#pool) };
    }
    return this.#asked.answer;
  }
}

async function answersInTime(pool: Pool): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), ANSWER_MS);
  });
  const answered = pool.query('select 1').then(
    () => true,
    () => false,
  );
  const answer = await Promise.race([answered, late]);
  clearTimeout(timer);
  return answer;
}
