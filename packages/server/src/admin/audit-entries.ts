import type { AccountId, AuditLogEntry, AuditLogFilter } from '@parley/protocol';
import type pg from 'pg';
import { refuse } from '../http/errors.ts';

/** Reads of the audit log, the latest entries first. */

/** Entries that an export reads at a time. */
const EXPORT_PAGE = 1_000;
/** The most entries of an export. */
export const EXPORT_MAX = 100_000;

interface EntryRow {
  id: string;
  at: Date;
  event: string;
  outcome: AuditLogEntry['outcome'];
  account_id: AccountId | null;
  account_name: string | null;
  actor_id: AccountId | null;
  actor_name: string | null;
  address: string | null;
  count: number;
  details: AuditLogEntry['details'];
}

/** Returns a page of the entries that a filter admits, after the entry `after`. */
export async function auditEntries(
  pool: pg.Pool,
  filter: AuditLogFilter,
  after: string | null,
  limit: number,
): Promise<{ items: AuditLogEntry[]; next: string | null }> {
  const { rows } = await pool.query<EntryRow>({
    name: 'admin-audit-entries',
    // Ids are in the order of time, so that the index of each condition ends at the limit.
    text: `select e.id, e.at, e.event, e.outcome, e.account_id, a.username as account_name,
                  e.actor_id, b.username as actor_name, e.address, e.count, e.details
           from audit_log e
           left join accounts a on a.id = e.account_id
           left join accounts b on b.id = e.actor_id
           where ${MATCHES}
           order by e.id desc
           limit $7`,
    values: [...valuesOf(filter, after), limit + 1],
  });
  const items = rows.slice(0, limit).map(toEntry);
  return { items, next: rows.length > limit ? (items.at(-1)?.id ?? null) : null };
}

const MATCHES = `($1::uuid is null or e.id < $1)
             and ($2::text is null or e.event = $2)
             and ($3::text is null or e.outcome = $3)
             and ($4::uuid is null or e.account_id = $4 or e.actor_id = $4)
             and ($5::timestamptz is null or e.at >= $5)
             and ($6::timestamptz is null or e.at < $6)`;

const valuesOf = (filter: AuditLogFilter, after: string | null): unknown[] => [
  after,
  filter.event ?? null,
  filter.outcome ?? null,
  filter.account ?? null,
  filter.from ?? null,
  filter.until ?? null,
];

/**
 * Checks that a filter admits at most `max` entries.
 * @throws {RefusalError} too_many_entries
 */
export async function checkExportSize(
  pool: pg.Pool,
  filter: AuditLogFilter,
  max: number,
): Promise<void> {
  const { rows } = await pool.query({
    name: 'admin-audit-export-size',
    text: `select from audit_log e where ${MATCHES} offset $7 limit 1`,
    values: [...valuesOf(filter, null), max],
  });
  if (rows.length > 0) refuse('too_many_entries');
}

/**
 * Yields the entries that a filter admits as text, one page in memory at a time. Before each page,
 * `checkAccess` throws if the caller may no longer read them: a slow export takes minutes.
 */
export async function* auditExport(
  pool: pg.Pool,
  filter: AuditLogFilter,
  format: 'jsonl' | 'csv',
  checkAccess: () => Promise<void>,
): AsyncGenerator<string> {
  if (format === 'csv') yield `${CSV_COLUMNS.join(',')}\r\n`;
  let after: string | null = null;
  do {
    await checkAccess();
    const page: Awaited<ReturnType<typeof auditEntries>> = await auditEntries(
      pool,
      filter,
      after,
      EXPORT_PAGE,
    );
    yield page.items
      .map(format === 'csv' ? csvLineOf : (entry) => `${JSON.stringify(entry)}\n`)
      .join('');
    after = page.next;
  } while (after !== null);
}

const CSV_COLUMNS = [
  'id',
  'at',
  'event',
  'outcome',
  'account',
  'accountName',
  'actor',
  'actorName',
  'address',
  'count',
  'details',
] as const satisfies readonly (keyof AuditLogEntry)[];

/** Returns an entry as a line of CSV (RFC 4180). */
export function csvLineOf(entry: AuditLogEntry): string {
  const cells = CSV_COLUMNS.map((column) => {
    const value = entry[column];
    return csvCell(typeof value === 'object' && value !== null ? JSON.stringify(value) : value);
  });
  return `${cells.join(',')}\r\n`;
}

/**
 * Quotes a value if necessary. Values that a spreadsheet would treat as a formula are prefixed with
 * an apostrophe.
 */
function csvCell(value: string | number | null): string {
  if (value === null) return '';
  const text = String(value);
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

const toEntry = (row: EntryRow): AuditLogEntry => ({
  id: row.id,
  at: row.at.toISOString(),
  event: row.event,
  outcome: row.outcome,
  account: row.account_id,
  accountName: row.account_name,
  actor: row.actor_id,
  actorName: row.actor_name,
  address: row.address,
  count: row.count,
  details: row.details,
});
