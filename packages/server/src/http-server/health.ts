import type { HealthAnswer } from '@parley/protocol';
import type { Pool } from 'pg';
import type { z } from 'zod';
import type { DiskReserve } from '../storage/disk-reserve.ts';
import type { Broker } from '../stream/broker.ts';

/** The state of a node, for load balancers and monitoring. */
export type HealthState = z.infer<typeof HealthAnswer>;

/** The remote file store. */
export interface RemoteFiles {
  /** Returns whether it responds; never throws. */
  isReachable(): Promise<boolean>;
}

/** Time limit for the response of the database. */
const ANSWER_MS = 2_000;
/** How long a response is reused, so that many checks cost one query. */
const CACHED_MS = 500;

/**
 * Reports whether this node should receive traffic: its database responds, and it is not draining. An
 * unreachable broker or file store and a full disk are reported, but do not make the node unready.
 */
export class Health {
  readonly #pool: Pool;
  readonly #broker: Broker;
  readonly #disk: DiskReserve | null;
  readonly #files: RemoteFiles | null;
  #draining = false;
  #checked: { at: number; answer: Promise<boolean> } | null = null;

  constructor(pool: Pool, broker: Broker, disk: DiskReserve | null, files: RemoteFiles | null) {
    this.#pool = pool;
    this.#files = files;
    this.#broker = broker;
    this.#disk = disk;
  }

  /** Reports `draining` from now on. */
  drain(): void {
    this.#draining = true;
  }

  /** Returns the current state; never throws. */
  async state(): Promise<HealthState> {
    const { status: broker } = this.#broker;
    if (this.#draining) return { status: 'draining', broker };
    const [isAnswering, isReachable] = await Promise.all([
      this.#database(),
      this.#files?.isReachable() ?? null,
    ]);
    return {
      status: isAnswering ? 'ok' : 'failing',
      broker,
      ...(this.#disk && { disk: this.#disk.figures.full ? 'full' : 'ok' }),
      ...(isReachable !== null && { files: isReachable ? 'ok' : 'unreachable' }),
    };
  }

  #database(): Promise<boolean> {
    const now = performance.now();
    if (!this.#checked || now - this.#checked.at > CACHED_MS) {
      this.#checked = { at: now, answer: answersInTime(this.#pool) };
    }
    return this.#checked.answer;
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
