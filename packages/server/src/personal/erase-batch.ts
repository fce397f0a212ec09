import { type AccountId, type ClientId, refusal, streamOfAccount } from '@parley/protocol';
import { uuidv7 } from 'uuidv7';
import type { Append, Outcome } from '../stream/append.ts';
import type { Command, NewEvent, Rule, RuleContext } from '../stream/stream-transaction.ts';

/** Rows removed per transaction, and the estimated size of the event of each. */
const BATCH = 100;
const EVENT_BYTES = 300;

/** Removes a batch of the rows of an erased account. Returns null when none are left. */
export type EraseBatch = (append: Append, account: AccountId) => Promise<Outcome | null>;

/**
 * Returns a function that removes rows of a personal table in batches, each by an event. `removals`
 * returns the events that remove the next rows, at most `limit`.
 */
export function eraseInBatches(
  name: string,
  eventType: Command['eventType'],
  removals: (tx: RuleContext, command: Command, limit: number) => Promise<NewEvent[]>,
): EraseBatch {
  const rule: Rule = {
    name,
    async decide(tx, command) {
      const [first, ...more] = await removals(tx, command, BATCH);
      return first ? { events: [first, ...more] } : { refuse: refusal('not_found') };
    },
  };
  return async (append, account) => {
    const outcome = await append.run({
      rule,
      actor: account,
      clientId: uuidv7() as ClientId,
      stream: streamOfAccount(account),
      eventType,
      payload: ['all'],
      bytes: EVENT_BYTES * BATCH,
    });
    const isDone = outcome.kind === 'refused' && outcome.refusal.code === 'not_found';
    return isDone ? null : outcome;
  };
}
