import {
  type AccountId,
  type ClientId,
  type OwnStatus,
  refusal,
  type Status,
  streamOfAccount,
  type UpdateStatusBody,
} from '@parley/protocol';
import { uuidv7 } from 'uuidv7';
import type { Append, Outcome } from '../stream/append.ts';
import { derivedId } from '../stream/derived-id.ts';
import { type Command, newEvent, type Rule } from '../stream/stream-transaction.ts';
import { type ExpiredStatus, NO_STATUS, type StatusRow, statusOfRow } from './queries.ts';

/**
 * Commands that change the status of an account. Their events are personal; others receive the status
 * with the presence of the account.
 */

interface UpdateCommand extends Command {
  readonly change: UpdateStatusBody;
}

interface ExpireCommand extends Command {
  readonly expired: ExpiredStatus;
}

/** Estimated size of the row of an event. */
const EVENT_BYTES = 600;

/** Changes a status; absent fields keep their values. Stores nothing if nothing changes. */
export function updateStatus(
  append: Append,
  { actor, clientId }: { readonly actor: AccountId; readonly clientId: ClientId },
  change: UpdateStatusBody,
): Promise<Outcome> {
  const command: UpdateCommand = {
    rule: updateRule,
    actor,
    clientId,
    stream: streamOfAccount(actor),
    eventType: 'status.changed',
    payload: [JSON.stringify(change)],
    bytes: EVENT_BYTES,
    change,
  };
  return append.run(command);
}

/**
 * Removes the expired parts of a status. Does so once, even if this is called several times and on
 * several nodes.
 */
export function expireStatus(append: Append, expired: ExpiredStatus): Promise<Outcome> {
  const { account, seq } = expired;
  const command: ExpireCommand = {
    rule: expireRule,
    actor: account,
    clientId: derivedId('status', account, seq),
    stream: streamOfAccount(account),
    eventType: 'status.changed',
    payload: [seq],
    bytes: EVENT_BYTES,
    expired,
  };
  return append.run(command);
}

/** Removes the status of an erased account. */
export const clearStatus = (append: Append, account: AccountId): Promise<Outcome> =>
  updateStatus(append, { actor: account, clientId: uuidv7() as ClientId }, NO_STATUS);

const updateRule: Rule<UpdateCommand> = {
  name: 'status.update',
  async decide(tx, { actor, stream, change }) {
    const now = Date.parse(tx.at);
    const before = await readStatus(tx, actor);
    const next: OwnStatus = { ...withoutExpired(before.status, now) };
    for (const [field, value] of Object.entries(change)) {
      if (value !== undefined) Object.assign(next, { [field]: value });
    }
    // Without emoji and text there is nothing to expire.
    if (next.emoji === null && next.text === '') next.expiresAt = null;
    for (const time of [next.expiresAt, next.doNotDisturbUntil]) {
      if (time !== null && Date.parse(time) <= now) return { refuse: refusal('time_passed') };
    }
    if (isSame(before.status, next)) return { unchanged: tx.head(stream) };
    return { events: [newEvent(stream, 'status.changed', next)] };
  },
};

const expireRule: Rule<ExpireCommand> = {
  name: 'status.expire',
  async decide(tx, { actor, stream, expired }) {
    const { status, seq } = await readStatus(tx, actor);
    const next = withoutExpired(status, Date.parse(tx.at));
    // It was changed after it was found to have expired.
    if (seq !== expired.seq || isSame(status, next)) return { unchanged: tx.head(stream) };
    return { events: [newEvent(stream, 'status.changed', next)] };
  },
};

async function readStatus(
  tx: Parameters<Rule['decide']>[0],
  account: AccountId,
): Promise<{ status: OwnStatus; seq: number }> {
  const [row] = await tx.query<StatusRow>(
    'status-one',
    'select * from statuses where account_id = $1',
    [account],
  );
  return row ? { status: statusOfRow(row), seq: row.seq } : { status: NO_STATUS, seq: 0 };
}

/** Returns the status without the parts that have expired at a time, ms since the epoch. */
export function withoutExpired<S extends Status>(status: S, now: number): S {
  const isOver = (time: string | null) => time !== null && Date.parse(time) <= now;
  return {
    ...status,
    ...(isOver(status.expiresAt) && { emoji: null, text: '', expiresAt: null }),
    ...(isOver(status.doNotDisturbUntil) && { doNotDisturbUntil: null }),
  };
}

const isSame = (a: OwnStatus, b: OwnStatus): boolean =>
  a.emoji === b.emoji &&
  a.text === b.text &&
  a.expiresAt === b.expiresAt &&
  a.doNotDisturbUntil === b.doNotDisturbUntil &&
  a.isAway === b.isAway &&
  a.showLastSeen === b.showLastSeen;
