import type { ConversationId, Seq, ServerSettingName } from '@parley/protocol';
import type { RuleContext } from '../stream/stream-transaction.ts';
import type { MessageAction } from './policy.ts';

/** The time limits for edits and deletions of an author’s own messages, which are settings of the server. */

const SETTINGS: Partial<Record<MessageAction, ServerSettingName>> = {
  edit: 'messageEditWindow',
  delete: 'messageDeleteWindow',
};

/** Returns whether the time for such an action on a message has passed. */
export async function hasWindowPassed(
  tx: RuleContext,
  action: MessageAction,
  { conversation, message }: { readonly conversation: ConversationId; readonly message: Seq },
): Promise<boolean> {
  const setting = SETTINGS[action];
  if (setting === undefined) return false;
  const [row] = await tx.query<{ seconds: number | null; posted_at: Date }>(
    'messages-window',
    `select (s.value #>> '{}')::int8 as seconds, g.posted_at
     from messages g
     left join server_settings s on s.name = $3
     where g.conversation_id = $1 and g.seq = $2`,
    [conversation, message, setting],
  );
  if (!row || row.seconds === null) return false;
  return Date.parse(tx.at) - row.posted_at.getTime() >= row.seconds * 1_000;
}
