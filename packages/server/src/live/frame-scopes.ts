import type { ClientFrame, Refusal, Scope } from '@parley/protocol';
import type { Identity } from '../accounts/accounts.ts';
import { refusalOfScope } from '../permissions/scopes.ts';

/**
 * The scopes that an API key needs for each frame it sends. `hello` needs both read scopes, because the
 * connection delivers conversations and messages; with accounts in its `presence` also that of `watch`.
 */
const FRAME_SCOPES: Readonly<Record<ClientFrame['op'], readonly Scope[]>> = {
  hello: ['conversations:read', 'messages:read'],
  ping: [],
  pong: [],
  presence: [],
  // Delivers statuses.
  watch: ['users:read'],
  renew: [],
  typing: ['messages:write'],
  post: ['messages:write'],
  edit: ['messages:write'],
  delete: ['messages:write'],
  react: ['messages:write'],
  unreact: ['messages:write'],
  pin: ['messages:write'],
  unpin: ['messages:write'],
  read: ['messages:read'],
  fill: ['messages:read'],
};

/** Returns why an API key may not send such a frame; null if it may, and for users. */
export function refusalOfFrame(
  op: ClientFrame['op'],
  identity: Pick<Identity, 'scopes'>,
): Refusal | null {
  if (!identity.scopes) return null;
  for (const scope of FRAME_SCOPES[op]) {
    const refused = refusalOfScope(scope, identity);
    if (refused) return refused;
  }
  return null;
}
