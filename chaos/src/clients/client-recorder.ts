import type { ParleyClient, Saved } from '@parley/client';
import type { AccountId } from '@parley/protocol';
import type { CommandRecorder } from '../history/command-recorder.ts';
import type { RecordSink } from '../history/recorder.ts';
import type { KnownMessages } from '../steps/message-choice.ts';

/** The client that the records are about. */
export interface RecordedClient {
  /** The name of the client. */
  readonly client: string;
  readonly account: AccountId;
  /** Numbers the stores of the client. */
  readonly store: number;
}

/** The recorders of a client, and the state that its next commands use. */
export interface ClientRecording {
  readonly sink: RecordSink;
  readonly commands: CommandRecorder;
  readonly messages: KnownMessages;
}

/** Records that a client starts on the state of its store. */
export function recordStart(
  sink: RecordSink,
  who: RecordedClient,
  { cursors, epoch }: Saved,
): void {
  sink.add({ kind: 'start', ...who, cursors: Object.fromEntries(cursors), epoch, t: sink.now });
}

/**
 * Records what a client receives: events, resets, answers. Discards refused messages, as a user
 * would.
 */
export function recordClient(
  client: ParleyClient,
  who: RecordedClient,
  { sink, commands, messages }: ClientRecording,
): void {
  client.onEvent((event) => {
    sink.add({ kind: 'event', ...who, event, t: sink.now });
    messages.see(event);
  });
  client.on('reset', ({ stream, lastSeq: seq }) =>
    sink.add({ kind: 'reset', ...who, stream, seq, t: sink.now }),
  );
  client.on('ack', ({ entry, ack }) => {
    if (entry.command.op === 'read') return;
    commands.acked(ack.id, ack.stream, ack.seq);
    if (entry.command.op === 'post') messages.own.add(entry.command.conversation, ack.seq);
  });
  client.on('nack', ({ entry, refusal }) => {
    if (entry.command.op !== 'read') commands.nacked(entry.id, refusal.code);
    client.discard(entry.id);
  });
  client.on('storage', ({ message: how }) =>
    sink.add({ kind: 'died', node: `the store of ${who.client}`, how, t: sink.now }),
  );
}
