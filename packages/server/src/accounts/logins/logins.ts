import type { AccountId, LoginStep, SessionAnswer } from '@parley/protocol';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type pg from 'pg';
import type { AuditLog } from '../../audit/audit-log.ts';
import { bearerOf } from '../../http/authenticate.ts';
import { refuse } from '../../http/errors.ts';
import { ACCESS_TOKEN_MS, type AccessTokens } from '../sessions/access-tokens.ts';
import type { SessionCookie } from '../sessions/session-cookie.ts';
import type { Sessions } from '../sessions/sessions.ts';
import type { Tickets } from '../tickets/tickets.ts';
import { meOf } from '../users/queries.ts';
import type { DeviceCookie } from './device-cookie.ts';

/** A proof of identity used to log in. */
export type Factor = 'password' | 'sso' | 'passkey' | 'totp' | 'recovery' | 'email';

/** Returns whether a factor counts as a second factor (a passkey replaces both). */
export const isSecondFactor = (factor: Factor): boolean =>
  factor === 'totp' || factor === 'passkey' || factor === 'recovery';

/** Who wants to log in, and which factors they have passed. */
export interface Proof {
  readonly account: AccountId;
  /**
   * The account’s `credentials_version`, read together with what was checked: a log-in that started
   * with the previous password, or before a deactivation, fails.
   */
  readonly credentials: number;
  readonly passed: readonly Factor[];
  /** The device name; defaults to the User-Agent. */
  readonly device?: string | undefined;
}

/** Returns the next step that is required before the session starts (status 202), or null. */
export type StepRule = (proof: Proof) => Promise<LoginStep | null>;

/** What {@link Logins} is constructed with. */
export interface LoginsDeps {
  readonly pool: pg.Pool;
  readonly sessions: Sessions;
  readonly tokens: AccessTokens;
  readonly tickets: Tickets;
  readonly cookie: SessionCookie;
  readonly devices: DeviceCookie;
  readonly audit: AuditLog;
}

/** Validity of a step’s ticket. */
const STEP_MS = 10 * 60 * 1000;

/** The only place where sessions start: every log-in, of any kind, ends here. */
export class Logins {
  readonly #context: LoginsDeps;
  readonly #rules: StepRule[] = [];

  constructor(context: LoginsDeps) {
    this.#context = context;
  }

  /** Adds a rule; rules are evaluated in the order in which they were added. */
  addRule(rule: StepRule): void {
    this.#rules.push(rule);
  }

  /**
   * Starts the session if all required factors were passed, or returns the next step. The session
   * is set as a cookie, or returned with `Parley-Session: token`.
   *
   * @throws {RefusalError} session_ended, when the account was deactivated or its password changed
   * in the meantime
   */
  async finish(
    request: FastifyRequest,
    reply: FastifyReply,
    proof: Proof,
    { status = 200 }: { status?: number } = {},
  ): Promise<SessionAnswer | LoginStep> {
    for (const rule of this.#rules) {
      const step = await rule(proof);
      if (step) {
        reply.code(202);
        return step;
      }
    }
    const { pool, sessions, cookie, devices } = this.#context;
    // A new log-in in the same browser replaces its previous session.
    const token = bearerOf(request) === undefined ? cookie.read(request) : undefined;
    const before = token === undefined ? null : await sessions.byToken(token);
    if (before) await sessions.end(before.id);
    const device = proof.device ?? request.headers['user-agent'] ?? 'unknown';
    const session = await sessions.begin(proof, device.slice(0, 200).toWellFormed(), request.ip);
    const me = session && (await meOf(pool, proof.account));
    if (!session || !me) refuse('session_ended');
    await this.#context.audit.record({
      event: 'login_succeeded',
      account: proof.account,
      address: request.ip,
      details: { methods: proof.passed, session: session.id },
    });
    const access = await this.accessToken(proof.account, session.id);
    reply.code(status);
    if (request.headers['parley-session'] === 'token') {
      return { me, sessionToken: session.token, ...access };
    }
    cookie.set(request, reply, session.token, session.expiresAt);
    devices.remember(request, reply, proof.account);
    return { me, ...access };
  }

  /** Records in the audit log that a log-in failed. */
  failed(request: FastifyRequest, reason: string, account: AccountId | null): Promise<void> {
    return this.#context.audit.record({
      event: 'login_failed',
      outcome: 'failed',
      account,
      actor: null,
      address: request.ip,
      details: { reason },
    });
  }

  /** Returns an access token for a session, as responses contain it. */
  async accessToken(account: AccountId, session: Parameters<AccessTokens['sign']>[1]) {
    const { token, expiresAt } = await this.#context.tokens.sign(account, session);
    return {
      accessToken: token,
      accessTokenExpiresAt: new Date(expiresAt).toISOString(),
      accessTokenExpiresIn: ACCESS_TOKEN_MS / 1000,
    };
  }

  /** Issues a ticket for a step that continues this log-in with {@link resume}. */
  async ticket(purpose: string, proof: Proof): Promise<{ ticket: string; expiresAt: string }> {
    const { account, credentials, passed, device } = proof;
    const issued = await this.#context.tickets.issue({
      purpose,
      account,
      data: { credentials, passed, device } satisfies StepData,
      ttlMs: STEP_MS,
    });
    return { ticket: issued.ticket, expiresAt: new Date(issued.expiresAt).toISOString() };
  }

  /**
   * Returns the log-in that a step’s ticket continues; `how` is the method of {@link Tickets}.
   * Check the client’s input with `attempt`, and use up the ticket with `redeem` before {@link
   * finish}.
   *
   * @throws {RefusalError} ticket_expired
   */
  async resume(
    how: 'look' | 'attempt' | 'redeem',
    purpose: string,
    ticket: string,
  ): Promise<Proof> {
    const found = await this.#context.tickets[how]<StepData>(purpose, ticket);
    if (!found?.account) refuse('ticket_expired');
    return { account: found.account, ...found.data };
  }
}

interface StepData {
  readonly credentials: number;
  readonly passed: readonly Factor[];
  readonly device?: string | undefined;
}
