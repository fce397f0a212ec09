import type { AccountId, ConversationId } from '@parley/protocol';
import type pg from 'pg';
import type { Clock } from '../runtime/clock.ts';

/** Rows read at a time. */
const PAGE = 500;

/**
 * Yields a JSON document with all data of an account in pieces, because it may not fit into memory.
 * It contains no hashes and no secrets.
 */
export async function* exportOf(
  { pool, clock }: { readonly pool: pg.Pool; readonly clock: Clock },
  account: AccountId,
): AsyncGenerator<string> {
  const all = async (text: string) => (await pool.query(text, [account])).rows;
  const one = async (text: string) => (await all(text))[0] ?? null;

  yield `{\n"exportedAt": ${JSON.stringify(new Date(clock.now()))},\n`;
  yield field('account', await one(ACCOUNT));
  yield field('sessions', await all(SESSIONS));
  yield field('secondFactors', {
    authenticatorApp: await one(TOTP),
    passkeys: await all(PASSKEYS),
    recoveryCodes: await all(RECOVERY),
  });
  yield field('otherProviders', await all(IDENTITIES));
  yield field('emails', await all(EMAILS));
  yield field('status', await one(STATUS));
  yield field('lastSeenAt', (await one(LAST_SEEN))?.at ?? null);
  yield field('files', await all(FILES));
  yield field('unfinishedUploads', await all(UPLOADS));
  yield field('drafts', await all(DRAFTS));
  yield field('followedThreads', await all(THREAD_FOLLOWS));
  yield field('threadCursors', await all(THREAD_CURSORS));
  yield field('savedMessages', await all(SAVED));
  yield field('scheduledMessages', await all(SCHEDULED));
  yield field('blockedUsers', await all(BLOCKS));
  yield field('notificationSettings', await all(NOTIFICATIONS));
  yield field('sidebar', {
    layout: await one(SIDEBAR),
    placements: await all(SIDEBAR_PLACEMENTS),
    closed: await all(SIDEBAR_CLOSED),
  });
  yield field('notificationDevices', await all(DEVICES));
  yield field('activity', await all(ACTIVITY));
  yield field('userGroups', await all(USER_GROUPS));
  yield field('customEmoji', await all(EMOJI));
  yield field('reports', await all(REPORTS));
  yield field('groupLinks', await all(GROUP_LINKS));
  const conversations = await all(CONVERSATIONS);
  yield field('conversations', conversations);
  const ids = [...new Set(conversations.map((row) => row.conversation as ConversationId))];
  yield '"messages": [';
  yield* rowsOf(pool, account, ids, MESSAGES, (row) => [row.seq]);
  yield '\n],\n"reactions": [';
  yield* rowsOf(pool, account, ids, REACTIONS, (row) => [row.message, row.emoji]);
  yield '\n],\n"pollVotes": [';
  yield* rowsOf(pool, account, ids, VOTES, (row) => [row.message]);
  yield '\n],\n"notificationDecisions": [';
  yield* rowsOf(pool, account, ids, DECISIONS, (row) => [row.message]);
  yield '\n],\n"notificationDeliveries": [';
  yield* rowsOf(pool, account, ids, DELIVERIES, (row) => [row.message, row.id]);
  yield '\n],\n"pins": [';
  yield* rowsOf(pool, account, ids, PINS, (row) => [row.message]);
  yield '\n]\n}\n';
}

const field = (name: string, value: unknown): string =>
  `${JSON.stringify(name)}: ${JSON.stringify(value, null, 1)},\n`;

/** Yields the rows of a query by conversation, in pages; `keyOf` returns the key of a row. */
async function* rowsOf(
  pool: pg.Pool,
  account: AccountId,
  conversations: readonly ConversationId[],
  { name, text, first }: { name: string; text: string; first: readonly unknown[] },
  keyOf: (row: Record<string, unknown>) => unknown[],
): AsyncGenerator<string> {
  let comma = '';
  for (const conversation of conversations) {
    let after = [...first];
    for (;;) {
      const values = [conversation, account, PAGE, ...after];
      const { rows } = await pool.query<Record<string, unknown>>({ name, text, values });
      for (const row of rows) {
        yield `${comma}\n${JSON.stringify(row)}`;
        comma = ',';
      }
      const last = rows[rows.length - 1];
      if (!last || rows.length < PAGE) break;
      after = keyOf(last);
    }
  }
}

const ACCOUNT = `select id, username, display_name as "displayName", first_name as "firstName",
    last_name as "lastName", phone, title, pronouns, time_zone as "timeZone", locale,
    email, verified_at as "verifiedAt", role, access_ends_at as "accessEndsAt", avatar,
    nullif(suspended_until, 'infinity') as "suspendedUntil", suspension_reason as "suspensionReason",
    created_at as "createdAt"
  from accounts where id = $1`;
const SESSIONS = `select device, address, created_at as "createdAt", last_used_at as "lastUsedAt"
  from sessions where account_id = $1 order by created_at`;
const TOTP = `select created_at as "createdAt", confirmed_at as "confirmedAt"
  from totps where account_id = $1`;
const PASSKEYS = `select name, created_at as "createdAt", last_used_at as "lastUsedAt"
  from passkeys where account_id = $1 order by created_at`;
const RECOVERY = `select created_at as "createdAt", used_at as "usedAt"
  from recovery_codes where account_id = $1 order by created_at`;
const IDENTITIES = `select issuer, subject, created_at as "createdAt"
  from identities where account_id = $1 order by created_at`;
const EMAILS = `select recipient, subject, purpose, created_at as "createdAt", sent_at as "sentAt"
  from emails where account_id = $1 order by created_at`;
const BLOCKS = `select blocked_id as account, blocked_at as "blockedAt"
  from blocks where account_id = $1 order by seq`;
const NOTIFICATIONS = `select conversation_id as conversation, thread, settings,
    changed_at as "changedAt"
  from notification_changes where account_id = $1 order by seq`;
const DEVICES = `select kind, name, shows_content as "showsContent", created_at as "createdAt",
    last_sent_at as "lastSentAt", last_error as "lastError"
  from notification_devices where account_id = $1 order by created_at, id`;
const ACTIVITY = `select kind, conversation_id as conversation, message_seq as message, seq, at, is_read as "isRead"
  from activity_items where account_id = $1 order by at, kind, conversation_id, message_seq`;
const REPORTS = `select conversation_id as conversation, message_seq as message, reason, comment,
    reported_at as "reportedAt", resolved_at as "resolvedAt", resolution
  from reports where account_id = $1 order by reported_at, id`;
const GROUP_LINKS = `select conversation_id as conversation, created_at as "createdAt",
    expires_at as "expiresAt", max_uses as "maxUses", revoked_at as "revokedAt"
  from group_links where created_by = $1 order by created_at, id`;
/** A private group may have been renamed since the account left it, so its name is left out. */
const CONVERSATIONS = `select c.id as conversation, c.kind,
    case when m.left_seq is null
           or (c.visibility = 'public' and c.deleted_at is null and a.role <> 'guest')
      then c.name end as name,
    m.role, m.joined_seq as "joinedSeq", m.left_seq as "leftSeq", m.read_seq as "readSeq"
  from memberships m join conversations c on c.id = m.conversation_id
  join accounts a on a.id = m.account_id
  where m.account_id = $1 order by c.id, m.joined_seq`;
const STATUS = `select emoji, text, expires_at as "expiresAt",
    do_not_disturb_until as "doNotDisturbUntil", is_away as "isAway", shows_last_seen as "showLastSeen"
  from statuses where account_id = $1`;
const LAST_SEEN = 'select at from last_seen where account_id = $1';
/** Messages of others with the file, which are forwarded copies, are left out. */
const FILES = `select id, name, media_type as "mediaType", bytes, encode(digest, 'hex') as sha256,
    created_at as "createdAt",
    (select coalesce(json_agg(json_build_object('conversation', a.conversation_id,
                                                'message', a.message_seq)), '[]')
     from attachments a
     join messages g on g.conversation_id = a.conversation_id and g.seq = a.message_seq
     where a.file_id = f.id and g.author_id = f.uploader_id) as messages
  from files f where uploader_id = $1 and state = 'stored' order by created_at, id`;
const UPLOADS = `select name, bytes, received, created_at as "createdAt"
  from uploads where account_id = $1 order by created_at, id`;
const DRAFTS = `select conversation_id as conversation, thread, body, updated_at as "updatedAt"
  from (select account_id, conversation_id, null::int8 as thread, body, updated_at from drafts
        union all
        select account_id, conversation_id, thread, body, updated_at from thread_drafts) d
  where account_id = $1 order by updated_at`;
const SAVED = `select conversation_id as conversation, message_seq as message,
    saved_at as "savedAt", remind_at as "remindAt", reminded_at as "remindedAt"
  from saved_messages where account_id = $1 order by saved_seq`;
const SCHEDULED = `select conversation_id as conversation, body, reply_to as "replyTo", thread,
    also_in_conversation as "alsoInConversation",
    send_at as "sendAt", created_at as "createdAt", failure
  from scheduled_messages where account_id = $1 order by send_at, id`;
const THREAD_FOLLOWS = `select conversation_id as conversation, thread, is_following as "isFollowing"
  from thread_follows where account_id = $1 order by seq`;
const SIDEBAR = `select sections, unread_only as "unreadOnly" from sidebars where account_id = $1`;
const SIDEBAR_PLACEMENTS = `select conversation_id as conversation, section, rank
  from sidebar_placements where account_id = $1 order by section, rank`;
const SIDEBAR_CLOSED = `select conversation_id as conversation, closed_seq as seq
  from sidebar_closed where account_id = $1 order by conversation_id`;
const USER_GROUPS = `select id, name, title from user_groups
  where $1 = any(members) order by name_key`;
const EMOJI = `select id, names[1] as name, names[2:] as aliases, created_at as "createdAt"
  from emoji where created_by = $1 and deleted_at is null order by created_at, id`;
const THREAD_CURSORS = `select conversation_id as conversation, thread, read_seq as "readSeq"
  from thread_cursors where account_id = $1 order by conversation_id, thread`;
const DECISIONS = {
  name: 'export-notification-decisions',
  text: `select conversation_id as conversation, message_seq as message, reason,
           decided_at as "decidedAt", badge, in_app as "inApp", push, email
         from notification_decisions
         where conversation_id = $1 and account_id = $2 and message_seq > $4
         order by message_seq limit $3`,
  first: [0],
};
const DELIVERIES = {
  name: 'export-notification-deliveries',
  text: `select d.conversation_id as conversation, d.message_seq as message, d.id, d.channel,
           (select v.name from notification_devices v where v.id = d.device_id) as device,
           d.created_at as "createdAt", d.attempts, d.outcome, d.finished_at as "finishedAt",
           d.last_error as "lastError"
         from notification_deliveries d
         where d.conversation_id = $1 and d.account_id = $2 and (d.message_seq, d.id) > ($4, $5)
         order by d.message_seq, d.id limit $3`,
  first: [0, 0],
};
const MESSAGES = {
  name: 'export-messages',
  text: `select conversation_id as conversation, seq, body, posted_at as "postedAt",
           edited_at as "editedAt", deleted_at as "deletedAt", reply_to as "replyTo",
           thread, also_in_conversation as "alsoInConversation",
           (select coalesce(json_agg(l.preview order by l.position), '[]') from link_previews l
            where l.conversation_id = messages.conversation_id and l.message_seq = messages.seq
              and l.preview is not null) as "linkPreviews"
         from messages where conversation_id = $1 and author_id = $2 and seq > $4
         order by seq limit $3`,
  first: [0],
};
const REACTIONS = {
  name: 'export-reactions',
  text: `select conversation_id as conversation, message_seq as message, emoji
         from reactions
         where conversation_id = $1 and account_id = $2 and (message_seq, emoji) > ($4, $5)
         order by message_seq, emoji limit $3`,
  first: [0, ''],
};
const VOTES = {
  name: 'export-votes',
  text: `select v.conversation_id as conversation, v.message_seq as message,
           (select json_agg(p.poll -> 'choices' -> n) from unnest(v.choices) n) as choices
         from poll_votes v
         join message_parts p using (conversation_id, message_seq)
         where v.conversation_id = $1 and v.account_id = $2 and v.message_seq > $4
         order by v.message_seq limit $3`,
  first: [0],
};
const PINS = {
  name: 'export-pins',
  text: `select conversation_id as conversation, message_seq as message, pinned_at as "pinnedAt"
         from pins
         where conversation_id = $1 and pinned_by = $2 and message_seq > $4
         order by message_seq limit $3`,
  first: [0],
};
