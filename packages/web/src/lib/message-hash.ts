import { isSeq, type Message, type Seq } from '@parley/protocol';

/** The URL fragment of a message in its conversation: `#message-12`. */
export const messageHash = (seq: Seq): string => `message-${seq}`;

/**
 * Returns the URL parts that show a message in its conversation, or in its thread if it is only
 * there.
 */
export const placeOf = ({
  seq,
  thread,
  alsoInConversation,
}: Pick<Message, 'seq' | 'thread' | 'alsoInConversation'>): {
  hash: string;
  search: { thread?: Seq };
} => ({
  hash: messageHash(seq),
  search: thread === null || alsoInConversation ? {} : { thread },
});

/** Returns the URL of a message, for sharing. */
export function linkTo(
  message: Pick<Message, 'conversation' | 'seq' | 'thread' | 'alsoInConversation'>,
): string {
  const { hash, search } = placeOf(message);
  const query = search.thread === undefined ? '' : `?thread=${search.thread}`;
  return new URL(`/c/${message.conversation}${query}#${hash}`, location.origin).href;
}

/** Returns the seq in a fragment; null if there is none. */
export function messageOfHash(hash: string): Seq | null {
  const [, digits] = /^#?message-(\d{1,15})$/.exec(hash) ?? [];
  const seq = Number(digits);
  return isSeq(seq) ? seq : null;
}
