import {
  type AccountId,
  type CommandFrame,
  type DurableCommand,
  type Refusal,
  refusal,
  type Seq,
  type StreamId,
  streamOfConversation,
} from '@parley/protocol';
import {
  deleteCommand,
  editCommand,
  pinCommand,
  postCommand,
  reactCommand,
  unpinCommand,
  unreactCommand,
} from '../messages/commands.ts';
import { replyPlaceOf } from '../messages/threads/thread-roots.ts';
import type { Command } from '../stream/stream-transaction.ts';
import type { LiveContext } from './context.ts';

/** Commands that are executed here; the rest concern the connection itself. */
export type StoredCommandFrame = Exclude<CommandFrame, { op: 'fill' | 'renew' }>;

/** The sender of a command, and how it is answered. */
export interface CommandSender {
  readonly account: AccountId;
  ack(id: string, stream: StreamId, seq: Seq, at: string): void;
  nack(id: string, refusal: Refusal): void;
  /**
   * Called instead of an answer: whether the command was committed is unknown. The client must
   * reconnect, retry with the same client id, and receive the outcome.
   */
  outcomeUnknown(): void;
}

type CommandDeps = Pick<LiveContext, 'append' | 'moveReadCursor' | 'sendRead' | 'clock' | 'log'>;

/** Executes a command and answers its sender. REST requests call the same functions of the domains. */
export function executeCommand(
  deps: CommandDeps,
  sender: CommandSender,
  frame: StoredCommandFrame,
): void {
  if (frame.op === 'read') {
    void moveReadCursor(deps, sender, frame);
    return;
  }
  deps.append.submit(commandOf(sender.account, frame), (outcome) => {
    if (outcome.kind === 'stored') {
      sender.ack(frame.id, outcome.stream, outcome.seq, outcome.at);
    } else if (outcome.kind === 'refused') {
      sender.nack(frame.id, outcome.refusal);
    } else {
      sender.outcomeUnknown();
    }
  });
}

function commandOf(actor: AccountId, frame: Exclude<DurableCommand, { op: 'read' }>): Command {
  const { id: clientId, conversation } = frame;
  const request = { actor, clientId, conversation };
  switch (frame.op) {
    case 'post':
      return postCommand(request, frame.body, {
        replyTo: frame.replyTo,
        inThread: replyPlaceOf(frame),
        attachments: frame.attachments,
      });
    case 'edit':
      return editCommand(request, frame.message, frame.body);
    case 'delete':
      return deleteCommand(request, frame.message);
    case 'react':
      return reactCommand(request, frame.message, frame.emoji);
    case 'unreact':
      return unreactCommand(request, frame.message, frame.emoji);
    case 'pin':
      return pinCommand(request, frame.message);
    case 'unpin':
      return unpinCommand(request, frame.message);
  }
}

async function moveReadCursor(
  deps: CommandDeps,
  sender: CommandSender,
  frame: Extract<DurableCommand, { op: 'read' }>,
): Promise<void> {
  const { account } = sender;
  try {
    const { conversation, seq } = frame;
    const move = await deps.moveReadCursor(account, conversation, seq, frame);
    if ('refusal' in move) {
      sender.nack(frame.id, move.refusal);
      return;
    }
    const at = new Date(deps.clock.now()).toISOString();
    sender.ack(frame.id, streamOfConversation(conversation), move.cursor.readSeq, at);
    if (move.moved) deps.sendRead(account, move);
  } catch (error) {
    deps.log.error({ err: error }, 'read cursor not moved');
    // Even if the move was committed, the client may retry: moving the cursor again changes nothing.
    sender.nack(frame.id, refusal('unavailable', undefined, { retryAfter: 2 }));
  }
}
