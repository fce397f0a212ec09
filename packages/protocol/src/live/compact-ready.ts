import type { Seq } from '../base/ids.ts';
import { streamOfConversation } from '../base/streams.ts';
import type { Conversation } from '../events/resources.ts';
import { fromColumns, toColumns } from './columns.ts';
import type { Ready, UnchangedConversation } from './frames.ts';

/** A conversation that the client already has, with the head of its stream. */
export interface UnchangedAtHead extends UnchangedConversation {
  readonly lastSeq: Seq;
}

/** A row of `compact.conversations`: the next row of `lastMessages` is its last message, if it has one. */
type CompactConversation = Omit<Conversation, 'lastMessage'> & { lastMessage: boolean };
type LastMessage = NonNullable<Conversation['lastMessage']>;

/** Returns the conversations of a `ready` in their compact form. */
export function compactConversations(
  conversations: readonly Conversation[],
  unchanged: readonly UnchangedAtHead[],
): NonNullable<Ready['compact']> {
  const lastMessages: Omit<LastMessage, 'conversation'>[] = [];
  const rows = conversations.map((snapshot): CompactConversation => {
    if (snapshot.lastMessage === null) return { ...snapshot, lastMessage: false };
    const { conversation: _conversation, ...message } = snapshot.lastMessage;
    lastMessages.push(message);
    return { ...snapshot, lastMessage: true };
  });
  return {
    conversations: toColumns(rows),
    lastMessages: toColumns(lastMessages),
    unchanged: toColumns(unchanged),
  };
}

/** Returns a `ready` with its conversations and their streams, whether the server has sent it compact or not. */
export function expandReady(ready: Ready): Ready {
  const { compact, ...rest } = ready;
  if (compact === undefined) return ready;
  const messages = fromColumns<Omit<LastMessage, 'conversation'>>(compact.lastMessages).values();
  const conversations = fromColumns<CompactConversation>(compact.conversations).map((row) => {
    const message = row.lastMessage ? messages.next().value : undefined;
    return Object.assign(row, {
      lastMessage: message === undefined ? null : { conversation: row.id, ...message },
    });
  });
  const atHead = fromColumns<UnchangedAtHead>(compact.unchanged);
  const heads = [...conversations, ...atHead].map(({ id, lastSeq }) => ({
    id: streamOfConversation(id),
    kind: 'conversation' as const,
    lastSeq,
  }));
  return {
    ...rest,
    streams: [...ready.streams, ...heads],
    conversations,
    unchanged: atHead.map(({ lastSeq: _lastSeq, ...conversation }) => conversation),
  };
}
