import {
  CLOSE,
  type CommandFrame,
  type DurableCommand,
  refusal,
  streamOfConversation,
} from '@parley/protocol';
import {
  deleteCommand,
  editCommand,
  postCommand,
  reactCommand,
  unreactCommand,
} from '../messages/commands.ts';
import type { Command } from '../stream/stream-transaction.ts';
import type { Connection } from './connection.ts';
import type { LiveContext } from './context.ts';

/** Carries out a command of a socket and answers it: the same functions that REST calls. */
export function carryOut(
  context: LiveContext,
  connection: Connection,
  frame: Exclude<CommandFrame, { op: 'fill' | 'renew' }>,
): void {
  if (frame.op === 'read') {
    void moveCursor(context, connection, frame);
    return;
  }
  context.append.submit(commandOf(frame, connection), (outcome) => {
    if (outcome.kind === 'stored') {
      connection.ack(frame.id, outcome.stream, outcome.seq, outcome.at);
    } else if (outcome.kind === 'refused') {
      connection.nack(frame.id, outcome.refusal);
    } else {
      // Neither ack nor nack would be true. Every client reconnects when its socket closes, sends again
      // what was not answered, and then learns what became of it.
      connection.close(CLOSE.restart, 'restart', 0.5 + Math.random());
    }
  });
}

function commandOf(
  frame: Exclude<DurableCommand, { op: 'read' }>,
  connection: Connection,
): Command {
  const { id: clientId, conversation } = frame;
  const request = { actor: connection.account, clientId, conversation };
  switch (frame.op) {
    case 'post':
      return postCommand(request, frame.body);
    case 'edit':
      return editCommand(request, frame.message, frame.body);
    case 'delete':
      return deleteCommand(request, frame.message);
    case 'react':
      return reactCommand(request, frame.message, frame.emoji);
    case 'unreact':
      return unreactCommand(request, frame.message, frame.emoji);
  }
}

async function moveCursor(
  context: LiveContext,
  connection: Connection,
  frame: Extract<DurableCommand, { op: 'read' }>,
): Promise<void> {
  const { account } = connection;
  try {
    const { conversation, seq, unread = false } = frame;
    const move = await context.moveReadCursor(account, conversation, seq, unread);
    if ('refusal' in move) {
      connection.nack(frame.id, move.refusal);
      return;
    }
    const at = new Date(context.clock.now()).toISOString();
    connection.ack(frame.id, streamOfConversation(conversation), move.cursor.readSeq, at);
    if (move.moved) context.tellRead(account, move);
  } catch (error) {
    context.log.error({ err: error }, 'a read cursor could not be moved');
    // A cursor that only moves forward may be sent again whatever became of it.
    connection.nack(frame.id, refusal('unavailable', undefined, { retryAfter: 2 }));
  }
}
