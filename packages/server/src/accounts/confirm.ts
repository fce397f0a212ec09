import { refusal } from '@parley/protocol';
import type { FastifyRequest } from 'fastify';
import { sessionOf } from '../http/authenticate.ts';
import { refuse } from '../http/errors.ts';
import type { AccountDeps } from './accounts.ts';
import { passwordHashOf } from './queries.ts';
import { refuseOverload } from './registrations.ts';

/**
 * Makes sure that it is the person, and not somebody at their open browser, who does what cannot be
 * taken back: by the password, or by a recent log-in where the account has none. By the password the
 * session has proved itself anew, too.
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
