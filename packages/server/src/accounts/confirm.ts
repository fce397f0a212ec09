import { refusal } from '@parley/protocol';
import type { Clock } from '../clock.ts';
import type { Session } from '../http/authenticate.ts';
import { RefusalError, refuse } from '../http/errors.ts';
import type { AccountRoutes } from './accounts.ts';

/** An account without a password has confirmed itself by logging in, for this long. */
const FRESH_MS = 10 * 60 * 1000;

/**
 * Makes sure that it is the person, and not somebody at their open browser, who does what cannot be
 * taken back: by the password, or by a fresh log-in where the account has none.
 *
 * @throws {RefusalError} password_wrong, rate_limited, overloaded
 */
export async function confirmPerson(
  deps: Pick<AccountRoutes, 'pool' | 'passwords' | 'limits'> & { readonly clock: Clock },
  session: Session,
  password: string | undefined,
): Promise<void> {
  const { pool, passwords, limits, clock } = deps;
  const { rows } = await pool.query<{ password_hash: string | null; begun: Date }>({
    name: 'accounts-confirm',
    text: `select a.password_hash, s.created_at as begun
           from accounts a join sessions s on s.account_id = a.id
           where a.id = $1 and s.id = $2`,
    values: [session.account, session.id],
  });
  const [row] = rows;
  if (!row) refuse('session_ended');
  if (row.password_hash === null) {
    if (clock.now() - row.begun.getTime() < FRESH_MS) return;
    refuse('password_wrong', 'Log in again first: the last log-in was too long ago');
  }
  await limits.take('confirm', session.account);
  const { overload } = passwords;
  if (overload) throw new RefusalError(overload);
  if (!(await passwords.verify(row.password_hash, password ?? ''))) {
    const errors = [
      { field: 'password', code: 'password_wrong', message: refusal('password_wrong').message },
    ];
    refuse('password_wrong', undefined, { errors });
  }
  await limits.clear('confirm', session.account);
}
