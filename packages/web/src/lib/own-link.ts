import type { ConversationId, Seq } from '@parley/protocol';
import { linksIn } from '@parley/protocol/markdown';
import { messageOfHash } from './message-hash.ts';

/** The most messages of which a message shows more than the link. */
const MESSAGES_MAX = 3;
/** Paths of this origin that the server answers itself. */
const OF_SERVER = /^\/(api|docs|health|metrics|\.well-known)(\/|$)/;
// A schema of the protocol would load its library with every conversation.
const CONVERSATION = /^\/c\/([\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12})$/;

/** A place in this web client that a link leads to. */
export interface OwnLink {
  /** The path with the query and the fragment. */
  readonly path: string;
  readonly conversation: ConversationId | null;
  /** The message, if the link leads to one. */
  readonly message: Seq | null;
}

/** Returns where a link leads to in this web client; null if it leads elsewhere. */
export function ownLinkOf(href: string, origin: string = location.origin): OwnLink | null {
  if (!URL.canParse(href)) return null;
  const url = new URL(href);
  // Without its origin, a path that begins with two slashes would name another site.
  if (url.origin !== origin || url.pathname.startsWith('//')) return null;
  if (OF_SERVER.test(url.pathname)) return null;
  const id = CONVERSATION.exec(url.pathname)?.[1];
  const conversation = id === undefined ? null : (id as ConversationId);
  return {
    path: url.pathname + url.search + url.hash,
    conversation,
    message: conversation === null ? null : messageOfHash(url.hash),
  };
}

/** A message that another message links to. */
export interface LinkedMessage {
  readonly conversation: ConversationId;
  readonly seq: Seq;
}

/** Returns whether a text may link to messages; cheap, for every message on the screen. */
export const mayLinkToMessages = (text: string, origin: string = location.origin): boolean =>
  text.includes(`${origin}/c/`);

/** Returns the messages that a text links to, each once, up to a maximum. */
export function linkedMessagesIn(text: string, origin: string = location.origin): LinkedMessage[] {
  const found = new Map<string, LinkedMessage>();
  for (const href of linksIn(text)) {
    const link = ownLinkOf(href, origin);
    if (!link || link.conversation === null || link.message === null) continue;
    const { conversation, message } = link;
    found.set(`${conversation} ${message}`, { conversation, seq: message });
    if (found.size === MESSAGES_MAX) break;
  }
  return [...found.values()];
}
