import { randomBytes } from 'node:crypto';
import type { AccountId, ConversationId, GuestAccess, Invitation } from '@parley/protocol';
import type pg from 'pg';
import { uuidv7 } from 'uuidv7';
import type { AuditLog, AuditNote } from '../../audit/audit-log.ts';
import type { AuditEvent } from '../../audit/events.ts';
import { refusalOfGuestGroups } from '../../conversations/guest-groups.ts';
import type { Emails } from '../../email/emails.ts';
import { invitationEmail } from '../../email/templates.ts';
import { RefusalError, refuse } from '../../http/errors.ts';
import { mayAct } from '../../permissions/account-state.ts';
import { isAdminRole } from '../../permissions/minimum-roles.ts';
import type { Clock } from '../../runtime/clock.ts';
import { withTransaction } from '../../storage/database.ts';
import type { RuleContext, Statement } from '../../stream/stream-transaction.ts';
import { textsFor } from '../../texts/texts.ts';
import { hashOf } from '../tickets/tickets.ts';
import { emailKey } from '../users/names.ts';

const DAY_MS = 86_400_000;
/** Default and maximum validity of an invitation: a week, a year. */
const TTL_MS = 7 * DAY_MS;
const TTL_MAX_MS = 366 * DAY_MS;

/** A new invitation. */
export interface NewInvitation {
  /** The only address that may register with it; the link is sent there. */
  readonly email?: string | undefined;
  readonly maxUses: number;
  /** Wall clock, ms. */
  readonly expiresAt?: number | undefined;
  /** What those who register get access to as guests. */
  readonly guest?: GuestAccess | undefined;
}

/** What a new guest gets access to, and who gives it. */
export interface NewGuest extends GuestAccess {
  readonly invitedBy: AccountId;
}

/** Who creates an invitation. */
interface Inviter {
  readonly id: AccountId;
  readonly name: string;
}

interface InvitationsDeps {
  readonly pool: pg.Pool;
  readonly clock: Clock;
  readonly emails: Emails;
  readonly audit: AuditLog;
  /** The server’s public address. */
  readonly server: () => string;
}

/**
 * Invitations to register: links with 256 random bits, stored as hashes. They allow registration as
 * a member, or as a guest of some groups, and nothing else, while whoever created them is an admin and may act.
 */
export class Invitations {
  readonly #deps: InvitationsDeps;

  constructor(deps: InvitationsDeps) {
    this.#deps = deps;
  }

  /**
   * Creates an invitation; only the caller learns its link.
   * @throws {RefusalError} when the creator may not invite guests to one of the groups
   */
  async create(
    by: Inviter,
    wanted: NewInvitation,
    address: string,
  ): Promise<{ invitation: Invitation; link: string }> {
    const { pool, clock, emails, server } = this.#deps;
    const id = uuidv7();
    const note = this.#note('invitation_created', id, by.id, address);
    const token = randomBytes(32).toString('base64url');
    const link = `${server()}/register#${token}`;
    const now = clock.now();
    const expiresAt = Math.min(wanted.expiresAt ?? now + TTL_MS, now + TTL_MAX_MS);
    const endsAt = wanted.guest?.accessEndsAt;
    if (endsAt && Date.parse(endsAt) <= now) refuse('time_passed');
    const row = await withTransaction(pool, async (client) => {
      const refused = await refusalOfGuestGroups(client, by.id, wanted.guest?.groups ?? []);
      if (refused) throw new RefusalError(refused);
      const { rows } = await client.query<InvitationRow>({
        name: 'invitations-create',
        text: `insert into invitations
                 (id, token_hash, email, email_key, max_uses, created_by, created_at, expires_at,
                  guest_groups, guest_access_ends_at)
               values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) returning ${COLUMNS}`,
        values: [
          id,
          hashOf(token),
          wanted.email ?? null,
          wanted.email === undefined ? null : emailKey(wanted.email),
          wanted.maxUses,
          by.id,
          new Date(now),
          new Date(expiresAt),
          wanted.guest?.groups ?? null,
          wanted.guest?.accessEndsAt ?? null,
        ],
      });
      await note.store(client);
      if (wanted.email !== undefined) {
        await this.#email({ recipient: wanted.email, by, link, ttlMs: expiresAt - now }, client);
      }
      return rows[0] as InvitationRow;
    });
    note.log();
    emails.wake();
    return { invitation: toInvitation(row), link };
  }

  async #email(
    { recipient, by, link, ttlMs }: { recipient: string; by: Inviter; link: string; ttlMs: number },
    client: pg.PoolClient,
  ): Promise<void> {
    const { emails, server } = this.#deps;
    // In the language of the inviter: nothing is known of the recipient.
    const { rows } = await client.query<{ locale: string | null }>({
      name: 'invitations-locale',
      text: 'select locale from accounts where id = $1',
      values: [by.id],
    });
    const texts = textsFor(rows[0]?.locale ?? null);
    const email = invitationEmail(texts, server(), link, by.name);
    await emails.put({ purpose: 'invitation', recipient, ...email, ttlMs }, client);
  }

  /** Returns all invitations, newest first. */
  async list(): Promise<Invitation[]> {
    const { rows } = await this.#deps.pool.query<InvitationRow>({
      name: 'invitations-list',
      text: `select ${COLUMNS} from invitations order by created_at desc, id desc limit 1000`,
    });
    return rows.map(toInvitation);
  }

  /** Revokes an invitation; false when there is none. Revoking twice has no further effect. */
  async revoke(id: string, by: AccountId, address: string): Promise<boolean> {
    const { pool, clock } = this.#deps;
    const note = this.#note('invitation_revoked', id, by, address);
    const wasRevoked = await withTransaction(pool, async (client) => {
      const { rowCount } = await client.query({
        name: 'invitations-revoke',
        text: 'update invitations set revoked_at = coalesce(revoked_at, $2) where id = $1',
        values: [id, new Date(clock.now())],
      });
      if (rowCount === 1) await note.store(client);
      return rowCount === 1;
    });
    note.log();
    return wasRevoked;
  }

  #note(event: AuditEvent, invitation: string, actor: AccountId, address: string): AuditNote {
    const details = { invitation };
    return this.#deps.audit.note({ event, account: null, actor, address, details });
  }

  /** Returns what an invitation for guests gives access to; undefined if it is for members, or not known. */
  guestOf(token: Buffer): Promise<NewGuest | undefined> {
    return guestOfInvitation(this.#deps.pool, token);
  }

  /** Returns whether an invitation is valid for this address, without using it. */
  async isGood(token: string, email: string): Promise<boolean> {
    const { pool, clock } = this.#deps;
    const { rows } = await pool.query({
      name: 'invitations-look',
      text: `select from invitations where ${GOOD}`,
      values: [hashOf(token), emailKey(email), new Date(clock.now())],
    });
    return rows.length === 1;
  }
}

/**
 * Returns whether an invitation is valid for this address, and locks it for {@link useInvitation}.
 * `token` is its hash.
 */
export async function lockInvitation(
  tx: RuleContext,
  token: Buffer,
  email: string | null,
): Promise<boolean> {
  const rows = await tx.query(
    'invitations-lock',
    `select from invitations where ${GOOD} for no key update`,
    [token, email === null ? null : emailKey(email), tx.at],
  );
  return rows.length === 1;
}

/** Returns the statement that counts a use of an invitation. */
export const useInvitation = (token: Buffer): Statement => ({
  name: 'invitations-use',
  text: 'update invitations set uses = uses + 1 where token_hash = $1',
  values: [token],
});

/** Returns what an invitation for guests gives access to; undefined if it is for members, or not known. */
export async function guestOfInvitation(
  pool: pg.Pool,
  token: Buffer,
): Promise<NewGuest | undefined> {
  const { rows } = await pool.query<GuestRow>({
    name: 'invitations-guest',
    text: `select ${GUEST_COLUMNS} from invitations where token_hash = $1`,
    values: [token],
  });
  return guestOfRow(rows[0]);
}

/** An invitation for guests that is open for an address, and the SHA-256 of its token. */
export interface OpenGuestInvitation {
  readonly token: Buffer;
  readonly guest: NewGuest;
}

/**
 * Returns the latest invitation for guests that was sent to an address and is still valid: whoever proves
 * otherwise to own the address registers with it.
 */
export async function guestInvitationTo(
  pool: pg.Pool,
  email: string,
  now: Date,
): Promise<OpenGuestInvitation | null> {
  const { rows } = await pool.query<GuestRow & { token_hash: Buffer }>({
    name: 'invitations-guest-to',
    text: `select token_hash, ${GUEST_COLUMNS} from invitations
           where email_key = $1 and guest_groups is not null and expires_at > $2 and ${IS_USABLE}
             and (guest_access_ends_at is null or guest_access_ends_at > $2)
           order by created_at desc limit 1`,
    values: [emailKey(email), now],
  });
  const guest = guestOfRow(rows[0]);
  return rows[0] && guest ? { token: rows[0].token_hash, guest } : null;
}

interface GuestRow {
  created_by: AccountId;
  guest_groups: ConversationId[] | null;
  guest_access_ends_at: Date | null;
}

const GUEST_COLUMNS = 'created_by, guest_groups, guest_access_ends_at';

const guestOfRow = (row: GuestRow | undefined): NewGuest | undefined =>
  row?.guest_groups
    ? {
        groups: row.guest_groups,
        accessEndsAt: row.guest_access_ends_at?.toISOString() ?? null,
        invitedBy: row.created_by,
      }
    : undefined;

interface InvitationRow {
  id: string;
  email: string | null;
  max_uses: number;
  uses: number;
  created_at: Date;
  expires_at: Date;
  revoked_at: Date | null;
  guest_groups: ConversationId[] | null;
  guest_access_ends_at: Date | null;
}

const COLUMNS = `id, email, max_uses, uses, created_at, expires_at, revoked_at, guest_groups,
  guest_access_ends_at`;
/**
 * SQL: whether an invitation that has not expired can be used: its creator is still an admin, and neither deactivated
 * nor suspended.
 */
const IS_USABLE = `uses < max_uses and revoked_at is null
   and exists (select from accounts a where a.id = created_by and ${mayAct('a')}
               and ${isAdminRole('a.role')})`;
/** SQL: whether an invitation is valid for an address. */
const GOOD = `token_hash = $1 and (email_key is null or email_key = $2) and expires_at > $3
   and ${IS_USABLE}`;

const toInvitation = (row: InvitationRow): Invitation => ({
  id: row.id,
  email: row.email,
  maxUses: row.max_uses,
  uses: row.uses,
  createdAt: row.created_at.toISOString(),
  expiresAt: row.expires_at.toISOString(),
  revokedAt: row.revoked_at?.toISOString() ?? null,
  guest: row.guest_groups && {
    groups: row.guest_groups,
    accessEndsAt: row.guest_access_ends_at?.toISOString() ?? null,
  },
});
