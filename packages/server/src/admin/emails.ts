import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AccountId, AccountRole, EmailInfo } from '@parley/protocol';
import type pg from 'pg';
import { failureOf } from '../notifications/failure.ts';
import { isAdminRole, isServerAdmin } from '../permissions/minimum-roles.ts';

/** The number of emails listed. */
const SHOWN = 100;

/**
 * Returns the latest emails, newest first. The text is included for emails in the outbox, where an
 * admin has to pass them on. Only owners see the text of emails to owners and other admins: with a
 * password reset link an admin could take over their account.
 */
export async function latestEmails(
  { pool, dataDir }: { readonly pool: pg.Pool; readonly dataDir: string },
  reader: { readonly account: AccountId; readonly role: AccountRole },
): Promise<EmailInfo[]> {
  const { rows } = await pool.query<EmailRow>({
    name: 'admin-emails',
    text: `select m.id, m.purpose, m.recipient, m.subject, m.created_at, m.sent_at, m.failed_at,
                  m.last_error, m.account_id, a.role
           from emails m
           left join lateral (
             select role from accounts
             where id = m.account_id or email_key = lower(m.recipient)
             order by ${isAdminRole('role')} desc limit 1
           ) a on true
           order by m.created_at desc, m.id desc limit $1`,
    values: [SHOWN],
  });
  const files = await outboxFiles(dataDir);
  return Promise.all(
    rows.map(async (row) => {
      const others =
        row.role !== null && isServerAdmin(row.role) && row.account_id !== reader.account;
      const file = files.get(row.id);
      const isReadable = file !== undefined && (reader.role === 'owner' || !others);
      return {
        id: row.id,
        purpose: row.purpose,
        recipient: row.recipient,
        subject: row.subject,
        createdAt: row.created_at.toISOString(),
        sentAt: row.sent_at?.toISOString() ?? null,
        failedAt: row.failed_at?.toISOString() ?? null,
        failure: row.last_error === null ? null : failureOf(row.last_error),
        text: isReadable ? textOf(await readFile(file, 'utf8')) : null,
      };
    }),
  );
}

/** Returns the outbox files by email id, which ends their names; empty without an outbox. */
async function outboxFiles(dataDir: string): Promise<Map<string, string>> {
  const folder = join(dataDir, 'outbox');
  try {
    const names = await readdir(folder);
    return new Map(
      names
        .filter((name) => name.endsWith('.eml'))
        .map((name) => [name.slice(-40, -4), join(folder, name)]),
    );
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return new Map();
    throw error;
  }
}

/** Decodes the text of an email as this server writes it, which is its first part if it has several (RFC 2045 §6, 2046 §5). */
export function textOf(email: string): string {
  const [head = '', ...rest] = email.split(/\r?\n\r?\n/);
  const body = rest.join('\n\n');
  // It is the only parameter of the type, on its own line.
  const boundary = /^ boundary="([^"]+)"/im.exec(head)?.[1];
  if (boundary !== undefined) {
    const [, first = ''] = `\n${body}`.split(`\n--${boundary}`);
    return textOf(first.replace(/^\r?\n/, ''));
  }
  const encoding = /^content-transfer-encoding: *(\S+)/im.exec(head)?.[1]?.toLowerCase();
  if (encoding === 'base64') return Buffer.from(body, 'base64').toString();
  if (encoding !== 'quoted-printable') return body;
  const bytes = body
    .replace(/=\r?\n/g, '')
    .replace(/=([0-9A-F]{2})/gi, (_whole, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    );
  return Buffer.from(bytes, 'latin1').toString();
}

interface EmailRow {
  id: string;
  purpose: string;
  recipient: string;
  subject: string;
  created_at: Date;
  sent_at: Date | null;
  failed_at: Date | null;
  last_error: string | null;
  account_id: AccountId | null;
  role: AccountRole | null;
}
