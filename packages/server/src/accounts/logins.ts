import type { AccountId, LoginStep, SessionAnswer } from '@parley/protocol';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type pg from 'pg';
import type { AuditLog } from '../audit/audit-log.ts';
import { bearerOf } from '../http/authenticate.ts';
import { refuse } from '../http/errors.ts';
import type { SessionCookie } from './cookies.ts';
import type { DeviceCookie } from './devices.ts';
import { meOf } from './queries.ts';
import type { Sessions } from './sessions.ts';
import type { Tickets } from './tickets.ts';
import { ACCESS_TOKEN_MS, type AccessTokens } from './tokens.ts';

/** Something that was shown to log in. */
export type Factor = 'password' | 'sso' | 'passkey' | 'totp' | 'recovery' | 'email';

/** Whether something that was shown counts as a second factor (a passkey stands for both). */
export const isSecondFactor = (factor: Factor): boolean =>
  factor === 'totp' || factor === 'passkey' || factor === 'recovery';

/** Who wants to log in, and what they have shown so far. */
export interface Proof {
  readonly account: AccountId;
  /**
   * The account’s `credentials_version`, read together with what was checked: a log-in that was
   * begun with the password of before, or before a deactivation, comes to nothing.
   */
  readonly credentials: number;
  readonly passed: readonly Factor[];
  /** What the device is called; without it, the User-Agent. */
  readonly device?: string | undefined;
}

/**
 * Looks whether something is still wanted of somebody before a session begins: a step to be
 * answered with (status 202), or null.
 */
export type StepRule = (proof: Proof) => Promise<LoginStep | null>;

/** What the end of a log-in works with. */
export interface LoginsDeps {
  readonly pool: pg.Pool;
  readonly sessions: Sessions;
  readonly tokens: AccessTokens;
  readonly tickets: Tickets;
  readonly cookie: SessionCookie;
  readonly devices: DeviceCookie;
  readonly audit: AuditLog;
}

/** A step’s ticket is good for this long. */
const STEP_MS = 10 * 60 * 1000;

/** The one way into a session: every log-in, however it was made, ends here. */
export class Logins {
  readonly #context: LoginsDeps;
  readonly #rules: StepRule[] = [];

  constructor(context: LoginsDeps) {
    this.#context = context;
  }

  /** Adds a rule; they are asked in the order in which they were added. */
  addRule(rule: StepRule): void {
    this.#rules.push(rule);
  }

  /**
   * Begins the session of somebody who has shown enough, or answers with the step that is missing.
   * The session comes as a cookie, or in the answer to `Parley-Session: token`.
   *
   * @throws {RefusalError} session_ended, when the account was deactivated or its password changed
   *   meanwhile
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
    // Who logs in anew in the same browser leaves the session before.
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

  /** Notes in the audit log that a log-in was refused. */
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

  /** An access token for a session, as it is answered with. */
  async accessToken(account: AccountId, session: Parameters<AccessTokens['sign']>[1]) {
    const { token, expiresAt } = await this.#context.tokens.sign(account, session);
    return {
      accessToken: token,
      accessTokenExpiresAt: new Date(expiresAt).toISOString(),
      accessTokenExpiresIn: ACCESS_TOKEN_MS / 1000,
    };
  }

  /** A ticket for a step that continues this log-in; {@link resume} takes it. */
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
   * The log-in that a step’s ticket continues; `how` is the method of {@link Tickets}. Check what
   * was brought with `attempt`, and use the ticket up with `redeem` before {@link finish}.
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
