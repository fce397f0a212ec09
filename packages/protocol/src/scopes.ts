import { z } from 'zod';

/** What a key may be used for. A key has no scope that it was not given. */
export const SCOPES = {
  'users:read': 'See the people of the server',
  'conversations:read': 'See the conversations of its account and their members',
  'conversations:write': 'Make groups, join and leave, bring people in',
  'messages:read': 'Read messages and follow them live',
  'messages:write': 'Post, edit and delete its own messages, react',
  admin: 'Administer the server, as far as the role of its account goes',
} as const;

export type Scope = keyof typeof SCOPES;
export const Scope = z.enum(Object.keys(SCOPES) as [Scope, ...Scope[]]);
