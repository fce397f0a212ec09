import { ApiError } from '@parley/client';
import {
  type AccountId,
  type ConversationId,
  isSeq,
  type Message,
  type Seq,
} from '@parley/protocol';
import { readStored, writeStored } from '../session/device.ts';

const STORAGE_NAME = 'deletions';
/** The maximum number of pending deletions. */
const PENDING_MAX = 200;

/** A deletion that the user has started and the server has not confirmed. */
export interface PendingDeletion {
  readonly conversation: ConversationId;
  readonly seq: Seq;
  /** When it was started, ms. */
  readonly at: number;
}

/**
 * Returns the deletions that were started on this device and not confirmed: when a page is closed there may be
 * no time to send them, or to store them with the other unsent commands.
 */
export function pendingDeletions(account: AccountId): readonly PendingDeletion[] {
  return parseDeletions(readStored(account, STORAGE_NAME));
}

/** Returns the deletions in a stored value; none if it is malformed. */
export function parseDeletions(text: string | null): readonly PendingDeletion[] {
  if (text === null) return [];
  try {
    const stored: unknown = JSON.parse(text);
    return Array.isArray(stored) ? stored.filter(isDeletion).slice(-PENDING_MAX) : [];
  } catch {
    return [];
  }
}

function isDeletion(value: unknown): value is PendingDeletion {
  if (typeof value !== 'object' || value === null) return false;
  const { conversation, seq, at } = value as Record<string, unknown>;
  return typeof conversation === 'string' && isSeq(seq) && typeof at === 'number';
}

/** Records that a deletion was started. */
export function recordDeletion(account: AccountId, deletion: PendingDeletion): void {
  write(account, [...without(account, deletion), deletion].slice(-PENDING_MAX));
}

/** Removes a deletion that was undone or answered by the server. */
export function dropDeletion(
  account: AccountId,
  deletion: Pick<PendingDeletion, 'conversation' | 'seq'>,
): void {
  write(account, without(account, deletion));
}

/**
 * Returns what to do with a deletion that an earlier page has started: send it if the message still exists, or
 * drop it if the message is deleted or can no longer be read. `wait`: the answer is not final, and the next
 * connection asks again.
 */
export async function nextStep(
  load: () => Promise<Pick<Message, 'deletedAt'>>,
): Promise<'send' | 'drop' | 'wait'> {
  try {
    return (await load()).deletedAt === null ? 'send' : 'drop';
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return GONE.has(error.status) ? 'drop' : 'wait';
  }
}

/** The status codes that are final: the account has left the conversation, or the message is gone. */
const GONE: ReadonlySet<number> = new Set([404, 410]);

const without = (
  account: AccountId,
  { conversation, seq }: Pick<PendingDeletion, 'conversation' | 'seq'>,
): PendingDeletion[] =>
  pendingDeletions(account).filter((one) => one.conversation !== conversation || one.seq !== seq);

const write = (account: AccountId, deletions: readonly PendingDeletion[]): void =>
  writeStored(account, STORAGE_NAME, deletions.length === 0 ? null : JSON.stringify(deletions));
