import { membershipChange } from '@parley/client';
import type { AccountId, Event } from '@parley/protocol';

/** Why the account lost access to an open conversation. */
export type Ending =
  | { readonly how: 'removed'; readonly by: AccountId }
  | { readonly how: 'left' | 'deleted' | 'unknown' };

/** Returns how an event ends the access of `me` to its conversation, or null if it does not. */
export function endingOf(event: Event, me: AccountId | null): Ending | null {
  if (membershipChange(event, me) !== 'ends') return null;
  if (event.type === 'conversation.deleted') return { how: 'deleted' };
  return event.actor === me ? { how: 'left' } : { how: 'removed', by: event.actor };
}
