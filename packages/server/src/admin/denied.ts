import { AccountId, ERRORS, type Refusal } from '@parley/protocol';
import type { FastifyRequest } from 'fastify';
import type { AuditLog } from '../audit/audit-log.ts';
import { ACCESS } from '../http/access.ts';
import { knownSessionOf } from '../http/authenticate.ts';

/** Records in the audit log that an admin operation was refused to an authenticated caller. */
export async function noteDenied(
  audit: AuditLog,
  request: FastifyRequest,
  { code }: Refusal,
): Promise<void> {
  const { operationId: operation } = (request.routeOptions.schema ?? {}) as {
    operationId?: string;
  };
  const session = knownSessionOf(request);
  if (!session || operation === undefined) return;
  const audience = ACCESS[operation]?.audience;
  if (audience !== 'admin' && audience !== 'owner') return;
  if (code === 'reauthentication_required') return;
  if (ERRORS[code].status !== 403 && code !== 'last_owner') return;
  const ofAccount = /\/admin\/(service-)?accounts\/:id/.test(request.routeOptions.url ?? '');
  const { id } = request.params as { id?: unknown };
  await audit.record({
    event: 'admin_denied',
    outcome: 'denied',
    account: ofAccount ? (AccountId.safeParse(id).data ?? null) : null,
    actor: session.account,
    address: request.ip,
    details: { operation, code },
  });
}
