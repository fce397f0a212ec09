import { type AccountRole, SCOPES, type Scope } from '@parley/protocol';
import { describe, expect, test } from 'vitest';
import { EXPECTED_ACCESS } from '../../test/support/access-table.ts';
import { refusalOfScope } from '../permissions/scopes.ts';
import { ACCESS, ownPermissions, refusalOfAccess } from './access.ts';

const scopes = Object.keys(SCOPES) as Scope[];
const code = (operation: string | undefined, role: AccountRole, key?: Scope[]) =>
  refusalOfAccess(operation, { role, ...(key && { scopes: new Set(key) }) })?.code ?? null;

test('the access table matches the decision for each route', () => {
  expect(ACCESS).toEqual(EXPECTED_ACCESS);
});

describe('a route', () => {
  test.each(Object.entries(EXPECTED_ACCESS))('admits the expected callers: %s', (id, access) => {
    for (const role of ['owner', 'admin', 'member', 'guest'] as const) {
      const ADMITTED: Readonly<Record<string, readonly string[]>> = {
        owner: ['owner'],
        admin: ['owner', 'admin'],
        member: ['owner', 'admin', 'member'],
      };
      const isAllowed = ADMITTED[access.audience]?.includes(role) ?? true;
      expect(code(id, role), role).toBe(isAllowed ? null : 'forbidden');
      for (const scope of scopes) {
        const expected = !isAllowed
          ? 'forbidden'
          : access.scope === null
            ? 'forbidden'
            : access.scope === scope
              ? null
              : 'insufficient_scope';
        expect(code(id, role, [scope]), `${role} ${scope}`).toBe(expected);
      }
      expect(code(id, role, []), role).not.toBeNull();
    }
  });

  test('that is not in the table rejects every caller', () => {
    expect(() => code('noSuchRoute', 'owner')).toThrow(/noSuchRoute/);
    expect(() => code(undefined, 'owner')).toThrow();
  });
});

test.each([
  ['owner', 'everyone', ['administer', 'create_groups', 'browse_groups', 'manage_legal_holds']],
  ['owner', 'admins', ['administer', 'create_groups', 'browse_groups', 'manage_legal_holds']],
  ['admin', 'everyone', ['administer', 'create_groups', 'browse_groups']],
  ['admin', 'admins', ['administer', 'create_groups', 'browse_groups']],
  ['member', 'everyone', ['create_groups', 'browse_groups']],
  ['member', 'admins', ['browse_groups']],
] as const)('%s may do on the server where %s create groups: %j', (role, reach, permissions) => {
  expect(ownPermissions(role, { groupCreation: reach })).toEqual([...permissions, 'add_emoji']);
});

test.each([
  ['owner', true],
  ['admin', true],
  ['member', false],
] as const)('%s may add emoji where only admins may: %s', (role, may) => {
  expect(ownPermissions(role, { emojiCreation: 'admins' }).includes('add_emoji')).toBe(may);
  expect(ownPermissions(role).includes('add_emoji')).toBe(true);
});

test('a guest may do nothing on the server', () => {
  expect(ownPermissions('guest')).toEqual([]);
  expect(ownPermissions('guest', { groupCreation: 'everyone', emojiCreation: 'everyone' })).toEqual(
    [],
  );
});

test('only API keys need a scope', () => {
  expect(refusalOfScope('admin', {})).toBeNull();
  expect(refusalOfScope(null, {})).toBeNull();
  expect(refusalOfScope('messages:read', { scopes: new Set(['messages:read']) })).toBeNull();
  expect(refusalOfScope('messages:read', { scopes: new Set(['messages:write']) })?.code).toBe(
    'insufficient_scope',
  );
  expect(refusalOfScope(null, { scopes: new Set(scopes) })?.code).toBe('forbidden');
});
