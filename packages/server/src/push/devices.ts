import {
  type AccountId,
  type AddNotificationDeviceBody,
  LIMITS,
  type NotificationDevice,
  type NotificationDeviceId,
  type SessionId,
  type UpdateNotificationDeviceBody,
} from '@parley/protocol';
import type pg from 'pg';
import { uuidv7 } from 'uuidv7';
import type { Vault } from '../encryption/vault.ts';
import { refuse } from '../http/errors.ts';
import { failureOf } from '../notifications/failure.ts';
import { mayAct } from '../permissions/account-state.ts';
import { withTransaction } from '../storage/database.ts';
import { areUsable } from './encrypt.ts';
import { topicOf } from './ntfy.ts';
import type { PushRequests } from './requests.ts';

/** Stores the devices to which notifications are pushed. */

/** Where notifications for a device are sent. */
export type DeviceAddress =
  | {
      readonly kind: 'web_push';
      readonly url: string;
      readonly p256dh: string;
      readonly auth: string;
    }
  | { readonly kind: 'ntfy'; readonly url: string; readonly token: string | null };

/** A device that may get notifications now. */
export interface PushDevice {
  readonly id: NotificationDeviceId;
  readonly account: AccountId;
  /** Null: it was encrypted with another secret. */
  readonly address: DeviceAddress | null;
  readonly showsContent: boolean;
  /** The locale of the account; null: not known. */
  readonly locale: string | null;
}

/** The error of a device whose address was encrypted with another secret. */
export const UNREADABLE_ADDRESS =
  'The address of this device can no longer be decrypted. Remove the device and add it again.';

const USE = 'notification-device';
/** Sessions that are unused for this long have ended; as in `Sessions`. */
const IDLE_DAYS = 30;
/** Characters of an error that are kept. */
const ERROR_MAX = 200;

interface PushDevicesDeps {
  readonly pool: pg.Pool;
  readonly vault: Vault;
  readonly requests: Pick<PushRequests, 'mayUse'>;
}

interface DeviceRow {
  id: NotificationDeviceId;
  account_id: AccountId;
  kind: DeviceAddress['kind'];
  session_id: SessionId | null;
  name: string;
  sealed: Buffer;
  shows_content: boolean;
  created_at: Date;
  last_sent_at: Date | null;
  last_error: string | null;
}

const COLUMNS = `v.id, v.account_id, v.kind, v.session_id, v.name, v.sealed, v.shows_content, v.created_at,
  v.last_sent_at, v.last_error`;

/**
 * The devices of accounts.
 *
 * 1. A browser belongs to the session that subscribed it, and is removed with it. A session has one browser.
 * 2. Addresses, keys and tokens are stored encrypted, because they allow sending to the device.
 */
export class PushDevices {
  readonly #deps: PushDevicesDeps;

  constructor(deps: PushDevicesDeps) {
    this.#deps = deps;
  }

  /** Returns the devices of an account, oldest first. */
  async list(account: AccountId, session: SessionId): Promise<NotificationDevice[]> {
    const { rows } = await this.#deps.pool.query<DeviceRow>({
      name: 'push-devices-list',
      text: `select ${COLUMNS} from notification_devices v where v.account_id = $1
             order by v.created_at, v.id limit ${LIMITS.notificationDevices}`,
      values: [account],
    });
    return rows.map((row) => this.#deviceOf(row, session));
  }

  /**
   * Adds a device. A known browser moves to the account, because whoever knows its address uses it.
   * A topic may belong to several accounts, because its name can be guessed.
   * @throws {RefusalError} push_address_invalid, too_many_devices
   */
  async add(
    account: AccountId,
    session: SessionId,
    body: AddNotificationDeviceBody,
  ): Promise<NotificationDevice> {
    const { vault, requests, pool } = this.#deps;
    const address = addressOf(body);
    const isUsable =
      address.kind === 'web_push' ? areUsable(address) : topicOf(address.url) !== null;
    if (!requests.mayUse(address.url) || !isUsable) refuse('push_address_invalid');
    const isBrowser = address.kind === 'web_push';
    return await withTransaction(pool, async (client) => {
      // Serialized with other additions to the account, and with the end of the session.
      await client.query('select from accounts where id = $1 for no key update', [account]);
      const alive = await client.query('select from sessions where id = $1 for key share', [
        session,
      ]);
      if (alive.rowCount === 0) refuse('session_ended');
      const hash = vault.mac(USE, isBrowser ? address.url : `${account} ${address.url}`);
      await client.query({
        name: 'push-devices-replace',
        text: `delete from notification_devices
               where (session_id = $1 and $2) or (address_hash = $3 and account_id <> $4)`,
        values: [session, isBrowser, hash, account],
      });
      const { rows: counted } = await client.query<{ n: number }>({
        name: 'push-devices-count',
        text: `select count(*)::int as n from notification_devices
               where account_id = $1 and address_hash <> $2`,
        values: [account, hash],
      });
      if ((counted[0]?.n ?? 0) >= LIMITS.notificationDevices) refuse('too_many_devices');
      const { rows } = await client.query<DeviceRow>({
        name: 'push-devices-add',
        text: `insert into notification_devices as v
                 (id, account_id, kind, session_id, added_by, name, sealed, address_hash, shows_content)
               values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
               on conflict (address_hash) do update
                 set session_id = excluded.session_id, added_by = excluded.added_by,
                   name = excluded.name, sealed = excluded.sealed,
                   shows_content = excluded.shows_content, last_error = null
               where v.account_id = excluded.account_id
               returning ${COLUMNS}`,
        values: [
          uuidv7(),
          account,
          address.kind,
          isBrowser ? session : null,
          session,
          body.name,
          vault.seal(USE, JSON.stringify(address)),
          hash,
          body.showsContent ?? true,
        ],
      });
      // Another account has added the address concurrently.
      return rows[0] ? this.#deviceOf(rows[0], session) : refuse('push_address_invalid');
    });
  }

  /** Changes a device; null if the account has no such device. */
  async update(
    account: AccountId,
    session: SessionId,
    id: NotificationDeviceId,
    { name, showsContent }: UpdateNotificationDeviceBody,
  ): Promise<NotificationDevice | null> {
    const { rows } = await this.#deps.pool.query<DeviceRow>({
      name: 'push-devices-update',
      text: `update notification_devices v
             set name = coalesce($3, v.name), shows_content = coalesce($4, v.shows_content)
             where v.id = $1 and v.account_id = $2
             returning ${COLUMNS}`,
      values: [id, account, name ?? null, showsContent ?? null],
    });
    return rows[0] ? this.#deviceOf(rows[0], session) : null;
  }

  /** Removes a device; false if the account has no such device. */
  async remove(account: AccountId, id: NotificationDeviceId): Promise<boolean> {
    const { rowCount } = await this.#deps.pool.query({
      name: 'push-devices-remove',
      text: 'delete from notification_devices where id = $1 and account_id = $2',
      values: [id, account],
    });
    return rowCount === 1;
  }

  /** Returns which of the devices may get notifications now: those whose session has not ended. */
  async active(ids: readonly string[]): Promise<Map<string, PushDevice>> {
    const { rows } = await this.#deps.pool.query<DeviceRow & { locale: string | null }>({
      name: 'push-devices-active',
      text: `select ${COLUMNS}, a.locale from notification_devices v
             join accounts a on a.id = v.account_id and ${mayAct('a')}
             where v.id = any($1::uuid[]) and (v.session_id is null or exists (
               select from sessions s where s.id = v.session_id and s.expires_at > now()
                 and s.last_used_at > now() - interval '${IDLE_DAYS} days'))`,
      values: [ids],
    });
    return new Map(
      rows.map((row) => [
        row.id,
        {
          id: row.id,
          account: row.account_id,
          address: this.#open(row),
          showsContent: row.shows_content,
          locale: row.locale,
        },
      ]),
    );
  }

  /** Records the latest attempts: the time sent, or the error. */
  async attempted(
    results: readonly { readonly id: string; readonly error: string | null }[],
  ): Promise<void> {
    if (results.length === 0) return;
    const last = [...new Map(results.map((r) => [r.id, r])).values()];
    await this.#deps.pool.query({
      name: 'push-devices-attempted',
      text: `update notification_devices v
             set last_sent_at = case when r.error is null then now() else v.last_sent_at end,
               last_error = r.error, failed_at = case when r.error is not null then now() end
             from unnest($1::uuid[], $2::text[]) r (id, error)
             where v.id = r.id`,
      values: [last.map((r) => r.id), last.map((r) => r.error?.slice(0, ERROR_MAX) ?? null)],
    });
  }

  /** Returns whether a test may be sent to a device: at most one in ten seconds. Counts it. */
  async mayTest(id: NotificationDeviceId): Promise<boolean> {
    const { rowCount } = await this.#deps.pool.query({
      name: 'push-devices-test',
      text: `update notification_devices set tested_at = now()
             where id = $1 and (tested_at is null or tested_at < now() - interval '10 seconds')`,
      values: [id],
    });
    return rowCount === 1;
  }

  /** Removes devices that no longer exist. */
  async removeGone(ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    await this.#deps.pool.query({
      name: 'push-devices-gone',
      text: 'delete from notification_devices where id = any($1::uuid[])',
      values: [ids],
    });
  }

  #open(row: DeviceRow): DeviceAddress | null {
    let text: string;
    try {
      text = this.#deps.vault.open(USE, row.sealed);
    } catch {
      // After a change of the secret. Other devices must not fail with this one.
      return null;
    }
    return JSON.parse(text) as DeviceAddress;
  }

  #deviceOf(row: DeviceRow, session: SessionId): NotificationDevice {
    const address = this.#open(row);
    const error = address ? row.last_error : UNREADABLE_ADDRESS;
    return {
      id: row.id,
      kind: row.kind,
      name: row.name,
      host: address ? new URL(address.url).host : '',
      isCurrent: row.session_id === session,
      showsContent: row.shows_content,
      createdAt: row.created_at.toISOString(),
      lastSentAt: row.last_sent_at?.toISOString() ?? null,
      lastFailure: error === null ? null : failureOf(error),
    };
  }
}

const addressOf = (body: AddNotificationDeviceBody): DeviceAddress =>
  body.kind === 'web_push'
    ? { kind: 'web_push', url: body.endpoint, ...body.keys }
    : { kind: 'ntfy', url: body.url, token: body.token ?? null };
