import type { ConversationId, Seq, ServerSettingName } from '@parley/protocol';
import type { RuleContext } from '../stream/stream-transaction.ts';
import type { MessageAction } from './policy.ts';

/** The time limits for edits and deletions of one’s own messages, which are settings of the server. */

const SETTINGS: Partial<Record<MessageAction, ServerSettingName>> = {
  edit: 'messageEditWindow',
  delete: 'messageDeleteWindow',
};

/**
 * Returns whether the time for such an action on a message has passed, and whether its text is fixed, as
 * those of forwarded messages and of polls are.
 */
export async function readLimits(
  tx: RuleContext,
  action: MessageAction,
  { conversation, message }: { readonly conversation: ConversationId; readonly message: Seq },
): Promise<{ isTooLate: boolean; isFixed: boolean }> {
  const setting = SETTINGS[action];
  if (setting === undefined) return { isTooLate: false, isFixed: false };
  const [row] = await tx.query<{ seconds: number | null; posted_at: Date; is_fixed: boolean }>(
    'messages-window',
    `select (s.value #>> '{}')::int8 as seconds, g.posted_at,
            exists (select from message_parts p
                    where p.conversation_id = $1 and p.message_seq = $2) as is_fixed
     from messages g
     left join server_settings s on s.name = $3
     where g.conversation_id = $1 and g.seq = $2`,
    [conversation, message, setting],
  );
  if (!row) return { isTooLate: false, isFixed: false };
  const age = Date.parse(tx.at) - row.posted_at.getTime();
  return {
    isTooLate: row.seconds !== null && age >= row.seconds * 1_000,
    isFixed: row.is_fixed,
  };
}
