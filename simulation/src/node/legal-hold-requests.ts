import type { AccountId } from '@parley/protocol';
import type { AuditLog } from '@parley/server/internal/audit/audit-log';
import { releaseLegalHold } from '@parley/server/internal/legal-holds/commands';
import { holdInForce, legalHoldExport } from '@parley/server/internal/legal-holds/export';
import type { LegalHoldPurge } from '@parley/server/internal/legal-holds/purge';
import type pg from 'pg';
import type { NodeRequest } from '../network/network.ts';

/** What requests about legal holds are carried out with. */
export interface HoldDeps {
  readonly pool: pg.Pool;
  readonly audit: AuditLog;
  readonly purge: Pick<LegalHoldPurge, 'wake'>;
}

const REQUEST = /^(GET|POST) \/admin\/legal-holds\/([^/]+)\/(export|release)$/;

/** Exports or releases a legal hold; returns null for other requests. */
export async function onHold(
  { pool, audit, purge }: HoldDeps,
  actor: AccountId,
  { method, path }: NodeRequest,
): Promise<unknown> {
  const [, , id, what] = REQUEST.exec(`${method} ${path}`) ?? [];
  if (id === undefined) return null;
  if (what === 'export') return await exportedBy(pool, id);
  const request = { actor, id, at: new Date(), audit: { log: audit, address: null } };
  const released = await releaseLegalHold(pool, request);
  purge.wake();
  return released;
}

/**
 * Returns the export of a legal hold.
 * @throws {RefusalError} if it is released before the end
 */
export async function exportedBy(pool: pg.Pool, id: string): Promise<string> {
  await holdInForce(pool, id);
  const parts: string[] = [];
  for await (const part of legalHoldExport(pool, id, async () => undefined)) parts.push(part);
  return parts.join('');
}
