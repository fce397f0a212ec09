import { type Message, Seq } from '@parley/protocol';

/** The fragment of an address that names a message of the conversation: `#message-12`. */
export const messageHash = (seq: Seq): string => `message-${seq}`;

/** Returns the parts of an address that show a message in its conversation, or in its thread if it is only there. */
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

/** Returns the address that shows a message, to be shared. */
export function linkTo(
  message: Pick<Message, 'conversation' | 'seq' | 'thread' | 'alsoInConversation'>,
): string {
  const { hash, search } = placeOf(message);
  const query = search.thread === undefined ? '' : `?thread=${search.thread}`;
  return new URL(`/c/${message.conversation}${query}#${hash}`, location.origin).href;
}

/** Returns the message that a fragment names; null if it names none. */
export function messageOfHash(hash: string): Seq | null {
  const [, digits] = /^#?message-(\d{1,15})$/.exec(hash) ?? [];
  return digits === undefined ? null : (Seq.safeParse(Number(digits)).data ?? null);
}
