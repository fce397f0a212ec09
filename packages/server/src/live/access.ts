import type { ClientFrame, Scope } from '@parley/protocol';

/**
 * The scopes that a key needs for each frame that it sends. The socket
 * shows conversations and messages: `hello` needs both.
 */
export const FRAME_SCOPES: Readonly<Record<ClientFrame['op'], readonly Scope[]>> = {
  hello: ['conversations:read', 'messages:read'],
  ping: [],
  pong: [],
  presence: [],
  renew: [],
  typing: ['messages:write'],
  post: ['messages:write'],
  edit: ['messages:write'],
  delete: ['messages:write'],
  react: ['messages:write'],
  unreact: ['messages:write'],
  read: ['messages:read'],
  fill: ['messages:read'],
};
