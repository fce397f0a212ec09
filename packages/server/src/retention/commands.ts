import { type MessageRetention, refusal, streamOfConversation } from '@parley/protocol';
import type { Auditing, AuditNote } from '../audit/audit-log.ts';
import {
  type ConversationCommand,
  type ConversationRequest,
  conversationRule,
} from '../conversations/conversation-rule.ts';
import { storedSettingsIn } from '../settings/server-settings.ts';
import type { Append, Outcome } from '../stream/append.ts';
import { StatementList } from '../stream/statement-list.ts';
import { newEvent } from '../stream/stream-transaction.ts';
import { choiceIn } from './expire.ts';
import { mayChoose } from './policy.ts';

interface RetentionCommand extends ConversationCommand {
  readonly retention: MessageRetention;
  readonly audit: Auditing;
  /** The audit entry of the change, once it is decided. */
  note: AuditNote | null;
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
  const outcome = await append.run(command);
  if (outcome.kind === 'stored') command.note?.log();
  return outcome;
}

/**
 * Members who may configure a group may change it, within what the settings of the server allow.
 */
const changeRule = conversationRule<RetentionCommand>(
  'configure',
  async (tx, command) => {
    const { stream, conversation, retention, actor, audit } = command;
    if (!mayChoose(await storedSettingsIn(tx), retention)) {
      return {
        refuse: refusal(
          'forbidden',
          'The settings of the server don’t allow this retention period',
        ),
      };
    }
    if ((await choiceIn(tx, conversation)) === retention) return { unchanged: tx.head(stream) };
    const writes = new StatementList();
    command.note = audit.log.note({
      event: 'retention_changed',
      account: actor,
      address: audit.address,
      details: { conversation, retention: String(retention) },
    });
    await command.note.store(writes);
    return {
      events: [newEvent(stream, 'conversation.updated', { retention })],
      writes: writes.statements,
    };
  },
  'retention',
);
