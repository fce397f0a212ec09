import { refusal } from '@parley/protocol';
import type pg from 'pg';
import type { AuditLog } from '../../audit/audit-log.ts';
import type { Session } from '../../http/authenticate.ts';
import { refuse } from '../../http/errors.ts';
import type { AttemptLimits } from '../attempts/attempt-limits.ts';
import { type Passwords, refuseOverload } from '../passwords/passwords.ts';
import type { Sessions } from '../sessions/sessions.ts';
import { passwordHashOf } from '../users/queries.ts';

/** Where {@link reauthenticate} checks a password, limits the attempts and records them. */
export interface ReauthenticationDeps {
  readonly pool: pg.Pool;
  readonly passwords: Passwords;
  readonly limits: AttemptLimits;
  readonly sessions: Sessions;
  readonly audit: AuditLog;
}

/**
 * Confirms that the user, and not someone at their open browser, makes an irreversible change: with
 * the password, or by a recent login if the account has none. The password also renews the recent
 * login of the session. `address` is the source of the request.
 *
 * @throws {RefusalError} incorrect_password, reauthentication_required, rate_limited, overloaded
 */
export async function reauthenticate(
  { pool, passwords, limits, sessions, audit }: ReauthenticationDeps,
  { account, id }: Pick<Session, 'account' | 'id'>,
  password: string | undefined,
  address: string,
): Promise<void> {
  const hash = await passwordHashOf(pool, account);
  if (hash === null) return sessions.requireRecent(id);
  await limits.take('confirm', account);
  refuseOverload(passwords);
  if (!(await passwords.verify(hash, password ?? ''))) {
    const errors = [
      {
        field: 'password',
        code: 'incorrect_password',
        message: refusal('incorrect_password').message,
      },
    ];
    await audit.record({
      event: 'reauthentication_failed',
      outcome: 'failed',
      account,
      address,
    });
    refuse('incorrect_password', undefined, { errors });
  }
  await limits.clear('confirm', account);
  await sessions.authenticated(id);
  await audit.record({ event: 'reauthenticated', account, address });
}
