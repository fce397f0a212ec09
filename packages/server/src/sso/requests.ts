import type { RefusalCode } from '@parley/protocol';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import type { AccountParts } from '../accounts/parts.ts';
import type { Vault } from '../encryption/vault.ts';
import { refuse } from '../http/errors.ts';
import type { Logger } from '../runtime/log.ts';
import type { Identities } from './identities.ts';
import type { Provider } from './provider.ts';

/** What the routes of single sign-on have in common. */

/** What the steps of a login with single sign-on share. */
export interface SsoDeps {
  readonly accounts: AccountParts;
  readonly identities: Identities;
  /** Null when no provider is configured. */
  readonly provider: Provider | null;
  readonly vault: Vault;
  readonly log: Logger;
  /** The setting PUBLIC_URL; undefined when the server is reached directly. */
  readonly publicUrl: string | undefined;
  /** The server’s public address, known once it listens. */
  readonly server: () => string;
}

/** The path of the routes, to which their cookie is limited. */
export const SSO_PATH = '/api/v1/auth/sso';

/** The id of the configured provider in URLs. */
const PROVIDER_ID = 'oidc';

/** The parameters of the routes. */
export const OfProvider = z.object({ provider: z.string().max(40) });
/** The tags of the routes in the API description. */
export const tags = ['Accounts'];
/** The response of the routes that a browser opens as pages. */
export const redirect = {
  302: z.undefined().describe('Redirects to the provider, or back to the web client'),
};

/** Returns the configured provider if it has this id; refuses otherwise. */
export function requestedProvider({ provider }: SsoDeps, id: string): Provider {
  return (id === PROVIDER_ID ? provider : null) ?? refuse('not_found', 'Unknown provider');
}

/** Returns the address to which the provider redirects the browser. */
export const redirectUri = ({ server }: SsoDeps): string =>
  new URL(`${SSO_PATH}/${PROVIDER_ID}/callback`, server()).href;

/** Redirects to the login page with the error in the fragment, which is not sent to servers. */
export function redirectToError(reply: FastifyReply, code: RefusalCode): FastifyReply {
  return reply.redirect(`/login#error=${code}`);
}
