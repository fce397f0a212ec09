import { refusal } from '@parley/protocol';
import type { FastifyRequest } from 'fastify';
import { sessionOf } from '../../http/authenticate.ts';
import { refuse } from '../../http/errors.ts';
import type { AccountDeps } from '../accounts.ts';
import { refuseOverload } from '../registration/registrations.ts';
import { passwordHashOf } from '../users/queries.ts';

/**
 * Confirms that the user, and not someone at their open browser, makes an irreversible change: with
 * the password, or by a recent log-in if the account has none. The password also renews the recent
 * log-in of the session.
 *
 * @throws {RefusalError} incorrect_password, reauthentication_required, rate_limited, overloaded
 */
export async function confirmPerson(
  deps: Pick<AccountDeps, 'pool' | 'passwords' | 'limits' | 'sessions' | 'audit'>,
  request: FastifyRequest,
  password: string | undefined,
): Promise<void> {
  const { pool, passwords, limits, sessions, audit } = deps;
  const session = sessionOf(request);
  const { account } = session;
  const address = request.ip;
  const hash = await passwordHashOf(pool, session.account);
  if (hash === null) return sessions.requireRecent(session.id);
  await limits.take('confirm', session.account);
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
  await limits.clear('confirm', session.account);
  await sessions.authenticated(session.id);
  await audit.record({ event: 'reauthenticated', account, address });
}
