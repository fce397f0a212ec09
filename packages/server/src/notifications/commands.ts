import {
  type AccountId,
  type ClientId,
  type ConversationId,
  defined,
  isNoOverride,
  LIMITS,
  NO_OVERRIDE,
  type NotificationOverride,
  type NotificationSettings,
  refusal,
  type Seq,
  streamOfAccount,
  type UpdateNotificationsBody,
  type UpdateOverrideBody,
} from '@parley/protocol';
import type { Append, Outcome } from '../stream/append.ts';
import {
  type Command,
  newEvent,
  type Rule,
  type RuleContext,
} from '../stream/stream-transaction.ts';
import { generalOf } from './queries.ts';

/**
 * Commands that change notification settings. Their events are in the personal stream, so only the
 * account’s own devices receive them.
 */

type Request = { readonly actor: AccountId; readonly clientId: ClientId };

/** What an override applies to: a conversation, or the thread under one of its messages. */
export interface OverrideScope {
  readonly conversation: ConversationId;
  /** Null: the conversation itself. */
  readonly thread: Seq | null;
}

interface ChangeCommand extends Command {
  readonly change: UpdateNotificationsBody;
}

interface OverrideCommand extends Command {
  readonly scope: OverrideScope;
  readonly change: UpdateOverrideBody;
}

/** Estimated size of the row of an event. */
const EVENT_BYTES = 1_000;

/**
 * Changes the general settings; absent fields are unchanged. Setting current values changes
 * nothing.
 */
export function changeSettings(
  append: Append,
  { actor, clientId }: Request,
  change: UpdateNotificationsBody,
): Promise<Outcome> {
  const command: ChangeCommand = {
    rule: changeRule,
    actor,
    clientId,
    stream: streamOfAccount(actor),
    eventType: 'notifications.changed',
    payload: [JSON.stringify(change)],
    bytes: EVENT_BYTES,
    change,
  };
  return append.run(command);
}

/** Changes the override of a conversation or thread; absent fields are unchanged. */
export function changeOverride(
  append: Append,
  { actor, clientId }: Request,
  scope: OverrideScope,
  change: UpdateOverrideBody,
): Promise<Outcome> {
  const command: OverrideCommand = {
    rule: overrideRule,
    actor,
    clientId,
    stream: streamOfAccount(actor),
    eventType: 'notifications.overridden',
    payload: [scope.conversation, scope.thread, JSON.stringify(change)],
    bytes: EVENT_BYTES,
    scope,
    change,
  };
  return append.run(command);
}

const changeRule: Rule<ChangeCommand> = {
  name: 'notifications.change',
  async decide(tx, { actor, stream, change }) {
    const [row] = await tx.query<{ settings: unknown }>(
      'notifications-general',
      `select settings from notification_changes
       where account_id = $1 and conversation_id is null and is_current`,
      [actor],
    );
    const before = generalOf(row?.settings);
    const next: NotificationSettings = { ...before, ...defined(change) };
    if (isSame(before, next)) return { unchanged: tx.head(stream) };
    return { events: [newEvent(stream, 'notifications.changed', next)] };
  },
};

const overrideRule: Rule<OverrideCommand> = {
  name: 'notifications.override',
  async decide(tx, { actor, stream, scope, change }) {
    const state = await readScope(tx, actor, scope);
    const before = state.settings ?? NO_OVERRIDE;
    const next: NotificationOverride = { ...before, ...defined(change) };
    // A former member may only remove its override, and learns nothing else.
    if (!state.isMember && (isNoOverride(before) || !isNoOverride(next))) {
      return { refuse: refusal('conversation_not_found') };
    }
    if (state.isMember && scope.thread !== null) {
      if (!state.exists) return { refuse: refusal('message_not_found') };
      if (state.isReply) return { refuse: refusal('is_reply') };
    }
    if (isSame(before, next)) return { unchanged: tx.head(stream) };
    const until = next.muted?.until ?? null;
    if (change.muted && until !== null && Date.parse(until) <= Date.parse(tx.at)) {
      return { refuse: refusal('time_passed') };
    }
    if (isNoOverride(before) && state.count >= LIMITS.notificationOverrides) {
      return { refuse: refusal('too_many_overrides') };
    }
    const { conversation, thread } = scope;
    const at = { conversation, ...(thread !== null && { thread }) };
    return { events: [newEvent(stream, 'notifications.overridden', { ...next, ...at })] };
  },
};

async function readScope(
  tx: RuleContext,
  account: AccountId,
  { conversation, thread }: OverrideScope,
): Promise<{
  isMember: boolean;
  exists: boolean;
  isReply: boolean;
  settings: NotificationOverride | null;
  count: number;
}> {
  const [row] = await tx.query<{
    is_member: boolean;
    message_exists: boolean;
    is_reply: boolean;
    settings: NotificationOverride | null;
    count: number;
  }>(
    'notifications-scope',
    `select
       exists (select from memberships
               where account_id = $1 and conversation_id = $2 and left_seq is null) as is_member,
       g.seq is not null as message_exists, coalesce(g.thread is not null, false) as is_reply,
       (select settings from notification_changes
        where account_id = $1 and conversation_id = $2 and thread is not distinct from $3::int8
          and is_current) as settings,
       (select count(*)::int from notification_changes
        where account_id = $1 and conversation_id is not null and is_current) as count
     from (select) one
     left join messages g on g.conversation_id = $2 and g.seq = $3::int8`,
    [account, conversation, thread],
  );
  return {
    isMember: row?.is_member === true,
    exists: row?.message_exists === true,
    isReply: row?.is_reply === true,
    settings: row?.settings ?? null,
    count: row?.count ?? 0,
  };
}

/** Returns whether two settings with the same fields are equal. */
function isSame<T extends object>(a: T, b: T): boolean {
  return (Object.keys(a) as (keyof T)[]).every(
    (field) => sortedJson(a[field]) === sortedJson(b[field]),
  );
}

/** Returns a value as text, whatever the order of its fields: the database keeps none. */
const sortedJson = (value: unknown): string =>
  JSON.stringify(value, (_key, inner: unknown) =>
    inner !== null && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
