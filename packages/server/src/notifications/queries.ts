import {
  type AccountId,
  type ChangedOverride,
  type ConversationId,
  type ListedOverride,
  NO_OVERRIDE,
  NOTIFICATION_DEFAULTS,
  type NotificationOverride,
  type NotificationSettings,
  type NotificationSettingsAnswer,
  type Seq,
} from '@parley/protocol';
import type { Queryable } from '../storage/queryable.ts';

/** The current version of an account’s settings, general or for a conversation or thread. */
interface VersionRow {
  conversation_id: ConversationId | null;
  thread: Seq | null;
  seq: Seq;
  settings: unknown;
}

/** Returns all notification settings of an account. Overrides that change nothing are left out. */
export async function settingsOf(
  pool: Queryable,
  account: AccountId,
): Promise<NotificationSettingsAnswer> {
  const { rows } = await pool.query<VersionRow>({
    name: 'notifications-settings',
    text: `select conversation_id, thread, seq, settings from notification_changes
           where account_id = $1 and is_current
           order by seq desc`,
    values: [account],
  });
  const general = rows.find((row) => row.conversation_id === null);
  const overrides: ListedOverride[] = [];
  for (const { conversation_id: conversation, thread, seq, settings } of rows) {
    if (conversation === null) continue;
    overrides.push({
      ...(settings as NotificationOverride),
      conversation,
      ...(thread !== null && { thread }),
      seq,
    });
  }
  return { settings: generalOf(general?.settings), seq: general?.seq ?? 0, overrides };
}

/** Returns stored general settings; fields that an earlier version lacked have their defaults. */
export const generalOf = (stored: unknown): NotificationSettings => ({
  ...NOTIFICATION_DEFAULTS,
  ...(stored as Partial<NotificationSettings> | null | undefined),
});

/** Returns what an account has chosen for a conversation or a thread, and with which event. */
export async function overrideOf(
  pool: Queryable,
  account: AccountId,
  { conversation, thread }: { readonly conversation: ConversationId; readonly thread: Seq | null },
): Promise<ChangedOverride> {
  const { rows } = await pool.query<{ settings: NotificationOverride; seq: Seq }>({
    name: 'notifications-override',
    text: `select settings, seq from notification_changes
           where account_id = $1 and conversation_id = $2 and thread is not distinct from $3::int8
             and is_current`,
    values: [account, conversation, thread],
  });
  const [row] = rows;
  return row ? { ...row.settings, seq: row.seq } : { ...NO_OVERRIDE, seq: 0 };
}
