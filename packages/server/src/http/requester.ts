import type { AccountId, ClientId } from '@parley/protocol';
import { sessionOf } from './authenticate.ts';
import { clientIdOf } from './idempotency.ts';

/** The account and client id of a command. */
export interface Requester {
  readonly actor: AccountId;
  readonly clientId: ClientId;
}

/** Returns the requester of a command, for routes that authenticate and whose schema includes `IdempotencyHeader`. */
export const requesterOf = (request: { readonly headers: object }): Requester => ({
  actor: sessionOf(request).account,
  clientId: clientIdOf(request),
});
