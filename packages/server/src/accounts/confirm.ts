import { refusal } from '@parley/protocol';
import type { FastifyRequest } from 'fastify';
import { sessionOf } from '../http/authenticate.ts';
import { refuse } from '../http/errors.ts';
import type { AccountRoutes } from './accounts.ts';
import { passwordHashOf } from './queries.ts';
import { refuseOverload } from './registrations.ts';

/**
 * Makes sure that it is the person, and not somebody at their open browser, who does what cannot be
 * taken back: by the password, or by a recent log-in where the account has none. By the password the
 * session has proved itself anew, too.
 *
 * @throws {RefusalError} password_wrong, reauthentication_required, rate_limited, overloaded
 */
export async function confirmPerson(
  deps: Pick<AccountRoutes, 'pool' | 'passwords' | 'limits' | 'sessions' | 'audit'>,
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
      { field: 'password', code: 'password_wrong', message: refusal('password_wrong').message },
    ];
    await audit.record({
      event: 'reauthentication_failed',
      outcome: 'failed',
      account,
      address,
    });
    refuse('password_wrong', undefined, { errors });
  }
  await limits.clear('confirm', session.account);
  await sessions.authenticated(session.id);
  await audit.record({ event: 'reauthenticated', account, address });
}
