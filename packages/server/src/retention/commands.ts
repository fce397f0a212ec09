import { type MessageRetention, refusal, streamOfConversation } from '@parley/protocol';
import type { Auditing } from '../audit/audit-log.ts';
import {
  type ConversationCommand,
  type ConversationRequest,
  conversationRule,
} from '../conversations/conversation-rule.ts';
import { storedSettingsIn } from '../settings/server-settings.ts';
import type { Append, Outcome } from '../stream/append.ts';
import { type AuditedCommand, runAudited, withAuditNote } from '../stream/audited-command.ts';
import { newEvent } from '../stream/stream-transaction.ts';
import { choiceIn } from './expire.ts';
import { mayChoose } from './policy.ts';

interface RetentionCommand extends ConversationCommand, AuditedCommand {
  readonly retention: MessageRetention;
}

/** Changes how long a group keeps messages. It takes effect with the next search for expired messages. */
export async function changeRetention(
  append: Append,
  { actor, clientId, conversation }: ConversationRequest,
  retention: MessageRetention,
  audit: Auditing,
): Promise<Outcome> {
  const command: RetentionCommand = {
    rule: changeRule,
    actor,
    clientId,
    stream: streamOfConversation(conversation),
    eventType: 'conversation.updated',
    payload: ['retention', retention],
    bytes: 1_000,
    conversation,
    target: actor,
    name: '',
    change: {},
    retention,
    audit,
    note: null,
  };
  return runAudited(append, command);
}

/**
 * Members who may configure a group may change it, within what the settings of the server allow.
 */
const changeRule = conversationRule<RetentionCommand>(
  'configure',
  async (tx, command) => {
    const { stream, conversation, retention, actor } = command;
    if (!mayChoose(await storedSettingsIn(tx), retention)) {
      return {
        refuse: refusal(
          'forbidden',
          'The settings of the server don’t allow this retention period',
        ),
      };
    }
    if ((await choiceIn(tx, conversation)) === retention) return { unchanged: tx.head(stream) };
    const details = { conversation, retention: String(retention) };
    return withAuditNote(
      command,
      { event: 'retention_changed', account: actor, details },
      { events: [newEvent(stream, 'conversation.updated', { retention })] },
    );
  },
  'retention',
);
