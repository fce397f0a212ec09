import {
  type ConversationId,
  NOTIFYING_REASONS,
  type NotificationDecision,
  type Seq,
} from '@parley/protocol';
import type pg from 'pg';
import {
  type Claim,
  claimDeliveries,
  type Delivery,
  type DeliveryOutcome,
  type DeliveryRetry,
  deferDeliveries,
  finishDeliveries,
} from '../notifications/deliveries.ts';
import { recheck } from '../notifications/recheck.ts';
import type { PresenceOf } from '../notifications/recipients.ts';
import { BackgroundWorker } from '../runtime/background-worker.ts';
import { backoff } from '../runtime/backoff.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Logger } from '../runtime/log.ts';
import { textsFor } from '../texts/texts.ts';
import { contentOf, messagesToPush, type PushedMessage } from './content.ts';
import type { PushDevice, PushDevices } from './devices.ts';
import type { Push } from './push.ts';
import type { PushResult } from './requests.ts';
import { claimWithdrawals, newestSent } from './shown.ts';

/** The interval of the search for due deliveries, ms. */
const POLL_MS = 1_000;
/** The interval of the search for sent notifications that were read since, in polls. */
const WITHDRAW_POLLS = 5;
/** Deliveries that are sent at a time. */
const BATCH = 32;
/**
 * The delay after the start in which clients reconnect, so that it is known who is using a device,
 * ms.
 */
const SETTLE_MS = 5_000;
/** The delay before the second attempt, ms. */
const RETRY_MIN_MS = 10_000;
/** A notification that could not be sent for this long is abandoned, ms. */
const ABANDON_MS = 24 * 3_600_000;
/**
 * How long no requests are sent to an unreachable push server, ms, and how many such servers are
 * remembered.
 */
const PAUSE_MS = 30_000;
const PAUSED_MAX = 1_000;

interface PushSenderDeps {
  readonly pool: pg.Pool;
  readonly clock: Clock;
  readonly log: Logger;
  readonly devices: PushDevices;
  readonly push: Push;
}

/** A notification that may be sent now. */
interface Ready {
  readonly delivery: Delivery;
  readonly device: PushDevice;
  readonly decision: NotificationDecision;
  readonly message: PushedMessage;
}

/** The result of an attempt. */
interface Attempted {
  readonly delivery: Delivery;
  readonly device: PushDevice;
  readonly result: PushResult;
}

/**
 * Sends notifications to devices, from the outbox.
 *
 * 1. Each notification is decided again right before it is sent: none is sent for a message that
 *    its recipient may no longer see, has read, or is about to see on a device in use.
 * 2. A device gets at most the newest notification of a conversation.
 * 3. A notification is sent once, plus at most once for each crash between sending it and
 *    committing the outcome.
 */
export class PushSender {
  readonly #deps: PushSenderDeps;
  readonly #worker: BackgroundWorker;
  readonly #startedAt = performance.now();
  /** Until when no requests are sent to unreachable push servers, by origin; monotonic ms. */
  readonly #paused = new Map<string, number>();
  #presenceOf: PresenceOf | null = null;
  #polls = 0;

  constructor(deps: PushSenderDeps) {
    this.#deps = deps;
    this.#worker = new BackgroundWorker({
      work: (isStopped) => this.#send(isStopped),
      pollMs: POLL_MS,
      retryMs: POLL_MS,
      onError: (error) => deps.log.warn({ err: error }, 'notifications not sent'),
    });
  }

  /** Sets the source of who is using a device; until then nothing is sent. */
  usePresence(presenceOf: PresenceOf): void {
    this.#presenceOf = presenceOf;
  }

  start(): void {
    this.#worker.start();
  }

  /** Stops after the attempts in flight. */
  stop(): Promise<void> {
    return this.#worker.stop();
  }

  async #send(isStopped: () => boolean): Promise<void> {
    const presenceOf = this.#presenceOf;
    if (!presenceOf || performance.now() - this.#startedAt < SETTLE_MS) return;
    const { pool } = this.#deps;
    while (!isStopped()) {
      const claim = await claimDeliveries(pool, 'push', BATCH);
      if (claim.deliveries.length === 0) break;
      await this.#sendClaimed(claim, presenceOf);
    }
    if (this.#polls++ % WITHDRAW_POLLS === 0 && !isStopped()) await this.#withdraw();
  }

  async #sendClaimed(claim: Claim, presenceOf: PresenceOf): Promise<void> {
    const { pool } = this.#deps;
    const { ready, finished } = await this.#prepare(claim.deliveries, presenceOf);
    const results = await Promise.all(ready.map((one) => this.#attempt(one)));
    const deferred: DeliveryRetry[] = [];
    for (const { delivery, result } of results) judge(delivery, result, finished, deferred);
    await finishDeliveries(pool, claim.lease, finished);
    await deferDeliveries(pool, claim.lease, deferred);
    await this.#recordDevices(results);
  }

  /** Returns the notifications to send now, and the results of the others. */
  async #prepare(
    deliveries: readonly Delivery[],
    presenceOf: PresenceOf,
  ): Promise<{ ready: Ready[]; finished: DeliveryOutcome[] }> {
    const { pool, clock, devices } = this.#deps;
    const active = await devices.active(deliveries.map((d) => d.device ?? ''));
    const messages = await messagesToPush(pool, deliveries);
    const byPlace = new Map(messages.map((m) => [placeOf(m), m]));
    const newest = await newestSent(pool, deliveries);
    // Last, to keep the time until the attempt short.
    const decisions = await recheck(pool, deliveries, presenceOf, clock.now());
    const finished: DeliveryOutcome[] = [];
    const ready = deliveries.flatMap((delivery): Ready[] => {
      const device = active.get(delivery.device ?? '');
      const decision = decisions.get(delivery.id);
      const message = byPlace.get(placeOf(delivery));
      const outcome = reasonToCancel(device, decision, message);
      if (outcome === null && device && decision && message) {
        return [{ delivery, device, decision, message }];
      }
      finished.push({ id: delivery.id, outcome: outcome ?? 'message_deleted' });
      return [];
    });
    for (const { delivery } of ready) {
      const key = shownAt(delivery);
      newest.set(key, Math.max(newest.get(key) ?? 0, delivery.seq));
    }
    const isNewest = ({ delivery }: Ready) => newest.get(shownAt(delivery)) === delivery.seq;
    for (const one of ready) {
      if (!isNewest(one)) finished.push({ id: one.delivery.id, outcome: 'replaced' });
    }
    return { ready: ready.filter(isNewest), finished };
  }

  async #attempt({ delivery, device, decision, message }: Ready): Promise<Attempted> {
    const { push } = this.#deps;
    const origin = device.address ? new URL(device.address.url).origin : '';
    if ((this.#paused.get(origin) ?? 0) > performance.now()) {
      const error = 'The push server could not be reached';
      return { delivery, device, result: { kind: 'retry', error, afterMs: PAUSE_MS } };
    }
    const content = contentOf(
      delivery.account,
      message,
      decision.reason,
      device.showsContent,
      textsFor(device.locale),
    );
    const result = await push.send(device, content);
    if (result.kind === 'retry' && result.isUnreachable) {
      if (this.#paused.size >= PAUSED_MAX) this.#paused.clear();
      this.#paused.set(origin, performance.now() + PAUSE_MS);
    }
    return { delivery, device, result };
  }

  async #recordDevices(results: readonly Attempted[]): Promise<void> {
    const { devices, log } = this.#deps;
    const goneDevices = results.flatMap(({ device, result }) =>
      result.kind === 'gone' ? [device.id] : [],
    );
    await devices.removeGone(goneDevices);
    for (const device of goneDevices)
      log.info({ device }, 'notification device removed by push server');
    await devices.attempted(
      results.map(({ device, result }) => ({
        id: device.id,
        error: result.kind === 'sent' ? null : result.error,
      })),
    );
  }

  /** Closes browser notifications whose message was read elsewhere or is gone. */
  async #withdraw(): Promise<void> {
    const { pool, devices, push } = this.#deps;
    const withdrawn = await claimWithdrawals(pool, BATCH);
    const active = await devices.active(withdrawn.map((w) => w.device));
    await Promise.all(
      withdrawn.map(async ({ device: id, conversation, seq }) => {
        const device = active.get(id);
        if (device) await push.withdraw(device, conversation, seq);
      }),
    );
  }
}

/** Returns why a notification is not sent; null if it is. */
function reasonToCancel(
  device: PushDevice | undefined,
  decision: NotificationDecision | undefined,
  message: PushedMessage | undefined,
): string | null {
  if (!device) return 'device_gone';
  if (!decision || !message) return 'message_deleted';
  const { push, reason } = decision;
  if (push.send === 'now') return null;
  // A device in use shows it.
  if (push.send === 'later') return push.reason;
  return (NOTIFYING_REASONS as readonly string[]).includes(reason) ? push.reason : reason;
}

/** Returns what to do after the result of an attempt. */
function judge(
  { id, attempts, createdAt }: Delivery,
  result: PushResult,
  finished: DeliveryOutcome[],
  deferred: DeliveryRetry[],
): void {
  if (result.kind === 'sent') finished.push({ id, outcome: 'sent' });
  else if (result.kind === 'gone') {
    finished.push({ id, outcome: 'device_gone', error: result.error });
  } else if (result.kind === 'failed' || Date.now() - createdAt.getTime() > ABANDON_MS) {
    finished.push({ id, outcome: 'failed', error: result.error });
  } else {
    const delayMs = Math.max(result.afterMs ?? 0, backoff(attempts, RETRY_MIN_MS));
    deferred.push({ id, delayMs, error: result.error });
  }
}

const placeOf = ({ conversation, seq }: { conversation: ConversationId; seq: Seq }): string =>
  `${conversation} ${seq}`;
const shownAt = ({ device, conversation }: Delivery): string => `${device} ${conversation}`;
