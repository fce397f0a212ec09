import { type AccountId, isBlank, type LoginStep, type Me, type SessionId } from '@parley/protocol';
import type pg from 'pg';
import type { AuditLog } from '../../audit/audit-log.ts';
import { refuse } from '../../http/errors.ts';
import { mayAct } from '../../permissions/account-state.ts';
import { ACCESS_TOKEN_MS, type AccessTokens } from '../sessions/access-tokens.ts';
import type { Factor, Proof } from '../sessions/proof.ts';
import type { Sessions, SessionToken } from '../sessions/sessions.ts';
import type { Tickets } from '../tickets/tickets.ts';
import { meOf } from '../users/queries.ts';
import type { LoginStepRule } from './login-steps.ts';

/** Where a login comes from. */
export interface LoginOrigin {
  /** The address of the client. */
  readonly address: string;
  /** Names the device when the client gave no name. */
  readonly userAgent: string | undefined;
  /** The session token of the same browser, whose session the new one replaces. */
  readonly previous: string | undefined;
}

/** An access token as responses contain it. */
export interface AccessTokenFields {
  readonly account: AccountId;
  readonly accessToken: string;
  readonly accessTokenExpiresAt: string;
  /** Seconds. */
  readonly accessTokenExpiresIn: number;
}

/** The result of a login: the step that is still required, or the session. */
export type LoginResult =
  | { readonly step: LoginStep }
  | { readonly session: SessionToken; readonly me: Me; readonly access: AccessTokenFields };

interface LoginsDeps {
  readonly pool: pg.Pool;
  readonly sessions: Sessions;
  readonly tokens: AccessTokens;
  readonly tickets: Tickets;
  readonly audit: AuditLog;
  /** Every step that may be required, in the order in which they are required. */
  readonly steps: readonly LoginStepRule[];
}

/** Validity of a step’s ticket. */
const STEP_MS = 10 * 60 * 1000;
/** The maximum length of a device name. */
const DEVICE_MAX = 200;
/** Control characters, line breaks, and characters that change the direction of text. */
const UNSAFE = /[\p{Cc}\u2028\u2029\p{Bidi_Control}]+/gu;

/** Returns the name of a device as one line whose characters stay in their order. */
function deviceName(given: string): string {
  const name = given.slice(0, DEVICE_MAX).toWellFormed().replace(UNSAFE, ' ').trim();
  return isBlank(name) ? 'unknown' : name;
}

/** The only place where sessions start: every login, of any kind, ends here. */
export class Logins {
  readonly #deps: LoginsDeps;

  constructor(deps: LoginsDeps) {
    this.#deps = deps;
  }

  /**
   * Starts the session if all required steps were passed, or returns the next step.
   *
   * @throws {RefusalError} session_ended, when the account was deactivated or its password changed
   * in the meantime; account_suspended
   */
  async finish(proof: Proof, origin: LoginOrigin): Promise<LoginResult> {
    for (const rule of this.#deps.steps) {
      const step = await rule(proof, (purpose) => this.ticket(purpose, proof));
      if (step) return { step };
    }
    const { pool, sessions, audit } = this.#deps;
    const { address, userAgent, previous } = origin;
    const before = previous === undefined ? null : await sessions.byToken(previous);
    if (before) await sessions.end(before.id);
    const device = deviceName(proof.device ?? userAgent ?? '');
    const session = await sessions.begin(proof, device, address);
    if (!session) await refuseSuspended(pool, proof.account);
    const me = session && (await meOf(pool, proof.account));
    if (!session || !me) refuse('session_ended');
    await audit.record({
      event: 'login_succeeded',
      account: proof.account,
      address,
      details: { methods: proof.passed, session: session.id },
    });
    return { session, me, access: await this.accessToken(proof.account, session.id) };
  }

  /** Records in the audit log that a login from `address` failed. */
  failed(address: string, reason: string, account: AccountId | null): Promise<void> {
    return this.#deps.audit.record({
      event: 'login_failed',
      outcome: 'failed',
      account,
      actor: null,
      address,
      details: { reason },
    });
  }

  /** Returns an access token for a session. */
  async accessToken(account: AccountId, session: SessionId): Promise<AccessTokenFields> {
    const { token, expiresAt } = await this.#deps.tokens.sign(account, session);
    return {
      account,
      accessToken: token,
      accessTokenExpiresAt: new Date(expiresAt).toISOString(),
      accessTokenExpiresIn: ACCESS_TOKEN_MS / 1000,
    };
  }

  /**
   * Returns the login that a step’s ticket continues; `how` is the method of {@link Tickets}.
   * Check the client’s input with `attempt`, and use up the ticket with `redeem` before {@link
   * finish}.
   *
   * @throws {RefusalError} ticket_expired
   */
  async resume(
    how: 'peek' | 'attempt' | 'redeem',
    purpose: string,
    ticket: string,
  ): Promise<Proof> {
    const redeemed = await this.#deps.tickets[how]<StepData>(purpose, ticket);
    if (!redeemed?.account) refuse('ticket_expired');
    return { account: redeemed.account, ...redeemed.data };
  }

  /** Issues a ticket for a step that continues this login with {@link resume}. */
  async ticket(purpose: string, proof: Proof): Promise<{ ticket: string; expiresAt: string }> {
    const { account, credentials, passed, device } = proof;
    const issued = await this.#deps.tickets.issue({
      purpose,
      account,
      data: { credentials, passed, device } satisfies StepData,
      ttlMs: STEP_MS,
    });
    return { ticket: issued.ticket, expiresAt: new Date(issued.expiresAt).toISOString() };
  }
}

/**
 * Tells a user who has passed every step of the login that the account is suspended, until when and why.
 *
 * @throws {RefusalError} account_suspended
 */
async function refuseSuspended(pool: pg.Pool, account: AccountId): Promise<void> {
  const { rows } = await pool.query<{ until: Date | null; reason: string | null }>({
    name: 'logins-suspension',
    text: `select nullif(suspended_until, 'infinity') as until, suspension_reason as reason from accounts a
           where id = $1 and is_active and not ${mayAct('a')}`,
    values: [account],
  });
  const [row] = rows;
  if (!row) return;
  const until = row.until ? ` until ${row.until.toISOString()}` : '';
  const message = `This account is suspended${until}${row.reason ? `: ${row.reason}` : ''}`;
  refuse('account_suspended', message);
}

interface StepData {
  readonly credentials: number;
  readonly passed: readonly Factor[];
  readonly device?: string | undefined;
}
