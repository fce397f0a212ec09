import { z } from './z.ts';

/** The permissions that an API key can be given, and their descriptions. */
export const SCOPES = {
  'users:read': 'View users',
  'conversations:read': 'View the conversations of its account and their members',
  'conversations:write': 'Create, join and leave groups, and add members',
  'messages:read': 'Read messages and receive new ones in real time',
  'messages:write': 'Post messages, edit and delete its own, and react',
  admin: 'Administer the server, within the role of its account',
} as const;

/** A permission that an API key was given. */
export type Scope = keyof typeof SCOPES;
/** The schema of a {@link Scope}. */
export const Scope = z.enum(Object.keys(SCOPES) as [Scope, ...Scope[]]);
