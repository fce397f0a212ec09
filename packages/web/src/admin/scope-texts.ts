import { SCOPES, type Scope } from '@parley/protocol';
import type { PlainKey } from '../texts/keys.ts';

/** All scopes, in the order in which they are offered. */
export const SCOPE_NAMES = Object.keys(SCOPES) as readonly Scope[];

/** What each scope permits. */
export const SCOPE_TEXTS: Readonly<Record<Scope, PlainKey>> = {
  'users:read': 'scopes.usersRead',
  'conversations:read': 'scopes.conversationsRead',
  'conversations:write': 'scopes.conversationsWrite',
  'messages:read': 'scopes.messagesRead',
  'messages:write': 'scopes.messagesWrite',
  admin: 'scopes.admin',
};
