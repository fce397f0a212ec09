import type { AccountId, ClientId } from '@parley/protocol';
import { sessionOf } from './authenticate.ts';
import { clientIdOf } from './idempotency.ts';

/** Whose command a request is, and under which client id. */
export interface Requester {
  readonly actor: AccountId;
  readonly clientId: ClientId;
}

/** Returns the requester of a command, for routes that authenticate and whose schema includes `IdempotencyHeader`. */
export const requesterOf = (request: { readonly headers: object }): Requester => ({
  actor: sessionOf(request).account,
  clientId: clientIdOf(request),
});
