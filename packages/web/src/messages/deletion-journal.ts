import { ApiError } from '@parley/client';
import {
  type AccountId,
  type ConversationId,
  isSeq,
  type Message,
  type Seq,
} from '@parley/protocol';
import { readKept, writeKept } from '../session/device.ts';

const KEPT = 'deletions';
/** More deletions do not wait at a time. */
const MOST = 200;

/** A deletion that the user has started, and of which it is not known that the server has it. */
export interface StartedDeletion {
  readonly conversation: ConversationId;
  readonly seq: Seq;
  /** When it was started, ms. */
  readonly at: number;
}

/**
 * Returns the deletions that were started on this device and not confirmed: when a page is closed there may be
 * no time to send them, or to store them with the other unsent commands.
 */
export function startedDeletions(account: AccountId): readonly StartedDeletion[] {
  return parseDeletions(readKept(account, KEPT));
}

/** Returns the deletions in a stored value; none if someone has changed it. */
export function parseDeletions(text: string | null): readonly StartedDeletion[] {
  if (text === null) return [];
  try {
    const kept: unknown = JSON.parse(text);
    return Array.isArray(kept) ? kept.filter(isDeletion).slice(-MOST) : [];
  } catch {
    return [];
  }
}

function isDeletion(value: unknown): value is StartedDeletion {
  if (typeof value !== 'object' || value === null) return false;
  const { conversation, seq, at } = value as Record<string, unknown>;
  return typeof conversation === 'string' && isSeq(seq) && typeof at === 'number';
}

/** Notes that a deletion was started. */
export function noteDeletion(account: AccountId, deletion: StartedDeletion): void {
  write(account, [...without(account, deletion), deletion].slice(-MOST));
}

/** Forgets a deletion that was undone, or that the server has answered. */
export function forgetDeletion(
  account: AccountId,
  deletion: Pick<StartedDeletion, 'conversation' | 'seq'>,
): void {
  write(account, without(account, deletion));
}

/**
 * Returns what to do with a deletion that an earlier page has started: it is sent if the message is still there, and
 * forgotten if the message is deleted or can't be read anymore. `wait`: the server doesn't say; the next connection
 * asks again.
 */
export async function nextStep(
  load: () => Promise<Pick<Message, 'deletedAt'>>,
): Promise<'send' | 'forget' | 'wait'> {
  try {
    return (await load()).deletedAt === null ? 'send' : 'forget';
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return GONE.has(error.status) ? 'forget' : 'wait';
  }
}

/** The statuses of answers that stay the same: the account has left the conversation, or the message is gone. */
const GONE: ReadonlySet<number> = new Set([404, 410]);

const without = (
  account: AccountId,
  { conversation, seq }: Pick<StartedDeletion, 'conversation' | 'seq'>,
): StartedDeletion[] =>
  startedDeletions(account).filter((one) => one.conversation !== conversation || one.seq !== seq);

const write = (account: AccountId, deletions: readonly StartedDeletion[]): void =>
  writeKept(account, KEPT, deletions.length === 0 ? null : JSON.stringify(deletions));
