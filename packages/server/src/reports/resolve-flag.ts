import { type ReportResolution, refusal } from '@parley/protocol';
import type pg from 'pg';
import { RefusalError, refuse } from '../http/errors.ts';
import { withTransaction } from '../storage/database.ts';
import type { Outcome } from '../stream/append.ts';
import { ruleReader } from '../stream/rule-reader.ts';
import {
  type Resolution,
  type ResolvableReport,
  refusalOfResolution,
  reportsResolved,
  resolveReports,
} from './resolve.ts';

type Deps = Parameters<typeof resolveReports>[0];
type By = Parameters<typeof resolveReports>[1];

/** Why a message needs no change: it has no text anymore. */
const DONE: ReadonlySet<string> = new Set(['message_deleted', 'message_hidden']);

/**
 * Resolves a report of the word filter, of a message that no member has reported. There is no
 * reporter to notify, so only a deletion has an event; a dismissal, or the report of a deleted
 * message, has none.
 * @throws {RefusalError}
 */
export async function resolveFlag(
  deps: Deps,
  by: By,
  report: ResolvableReport,
  resolution: Resolution,
): Promise<void> {
  if (resolution.resolution !== 'dismissed') {
    const outcome: Outcome = await resolveReports(deps, by, report, resolution);
    if (outcome.kind === 'stored') return;
    const refused = outcome.kind === 'refused' ? outcome.refusal : refusal('outcome_unknown');
    if (!DONE.has(refused.code) || resolution.suspension) {
      throw new RefusalError(refused);
    }
  }
  await close(deps.pool, by, report, resolution.resolution);
}

async function close(
  pool: pg.Pool,
  { actor, audit }: By,
  report: ResolvableReport,
  resolution: ReportResolution,
): Promise<void> {
  const { id, author, conversation, message } = report;
  const note = audit.log.note({
    event: 'report_resolved',
    account: author,
    actor,
    address: audit.address,
    details: { resolution, conversation, message, reports: 1 },
  });
  await withTransaction(pool, async (client) => {
    const { rows } = await client.query<{ resolution: ReportResolution | null; at: string }>({
      name: 'reports-flag-to-resolve',
      text: 'select resolution, now()::text as at from reports where id = $1 for update',
      values: [id],
    });
    const [row] = rows;
    const denied = await refusalOfResolution(ruleReader(client), { actor, report, resolution });
    if (denied) throw new RefusalError(denied);
    if (!row) refuse('not_found');
    if (row.resolution === resolution) return;
    if (row.resolution !== null) refuse('report_resolved');
    await client.query(reportsResolved([id], { at: row.at, by: actor, resolution }));
    await note.store(client);
  });
  note.log();
}
