import type { SsoStartBody } from '@parley/protocol';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { hashOf } from '../accounts/tickets/tickets.ts';
import { localPath } from './local-path.ts';
import type { Flow } from './provider.ts';
import { SSO_PATH, type SsoDeps } from './requests.ts';

/** Logins in progress at the provider: stored encrypted, under a ticket that the browser holds in a cookie. */

/** A login in progress at the provider, as it is stored (encrypted). */
export interface PendingLogin extends Flow {
  readonly next: string;
  /** The value by which the page recognizes its result; null if it gave none. */
  readonly tab: string | null;
  /** The SHA-256 (hexadecimal) of the token of the invitation to register with; null without one. */
  readonly invitation: string | null;
}

const FLOW_MS = 10 * 60 * 1000;
const PURPOSE = 'sso';

/** Stores a login in progress, and gives the browser its ticket. */
export async function storePendingLogin(
  deps: SsoDeps,
  reply: FastifyReply,
  flow: Flow,
  { next, tab, invitation }: SsoStartBody,
): Promise<void> {
  const { accounts, vault } = deps;
  const pending: PendingLogin = {
    ...flow,
    next: localPath(next),
    tab: tab ?? null,
    invitation: invitation === undefined ? null : hashOf(invitation).toString('hex'),
  };
  const sealed = vault.seal(PURPOSE, JSON.stringify(pending)).toString('base64');
  const { ticket } = await accounts.tickets.issue({
    purpose: PURPOSE,
    data: { sealed },
    ttlMs: FLOW_MS,
  });
  reply.setCookie(cookieName(deps), ticket, { ...attributes(deps), maxAge: FLOW_MS / 1000 });
}

/**
 * Returns the login that this browser started, once, and removes the cookie with its ticket; null
 * if there is none.
 */
export async function takePendingLogin(
  deps: SsoDeps,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<PendingLogin | null> {
  const ticket = request.cookies[cookieName(deps)];
  reply.clearCookie(cookieName(deps), attributes(deps));
  return ticket === undefined ? null : redeem(deps, ticket);
}

async function redeem({ accounts, vault }: SsoDeps, ticket: string): Promise<PendingLogin | null> {
  const redeemed = await accounts.tickets.redeem<{ sealed: string }>(PURPOSE, ticket);
  if (!redeemed) return null;
  return JSON.parse(
    vault.open(PURPOSE, Buffer.from(redeemed.data.sealed, 'base64')),
  ) as PendingLogin;
}

const isSecure = ({ server }: SsoDeps) => server().startsWith('https:');

// A __Host- cookie must have the path / (RFC 6265bis §4.1.3.2).
const cookieName = (deps: SsoDeps) => (isSecure(deps) ? '__Host-parley_sso' : 'parley_sso');

/** Lax, as the redirect of the provider must carry the cookie, which has no other use. */
const attributes = (deps: SsoDeps) =>
  ({
    path: isSecure(deps) ? '/' : SSO_PATH,
    httpOnly: true,
    sameSite: 'lax',
    secure: isSecure(deps),
  }) as const;
