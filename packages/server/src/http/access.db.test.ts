import { type AccountRole, ERRORS, type ErrorCode, SCOPES, type Scope } from '@parley/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EXPECTED_ACCESS } from '../../test/support/access-table.ts';
import { startTestCluster, type TestCluster } from '../../test/support/database.ts';
import {
  type Answer,
  call,
  loginAt,
  startTestServer,
  type TestServer,
  type User,
  userOf,
} from '../../test/support/server.ts';

/**
 * Every route of the API with every kind of caller, compared with the second table, access-table.ts. A
 * route that is only in the OpenAPI document or only in the table fails.
 */

let cluster: TestCluster;
let server: TestServer;
let operations: Operation[];
let document: Document;
let tags: readonly { readonly name: string }[];
const tokens = new Map<string, string>();
const sessionTokens = new Map<string, string>();
beforeAll(async () => {
  cluster = await startTestCluster();
  server = await startTestServer(cluster);
  const users: Record<AccountRole, User> = {
    owner: await server.register('olga'),
    admin: await server.register('adam'),
    member: await server.register('mona'),
    guest: await server.register('gus'),
  };
  const { owner } = users;
  await owner.request('PATCH', `/admin/accounts/${users.admin.id}`, { role: 'admin' });
  await owner.request('PATCH', `/admin/accounts/${users.guest.id}`, { role: 'guest' });
  // The sessions of a new guest end.
  users.guest = userOf(server.url, 'gus', await loginAt(server.url, 'gus'));
  for (const [role, { accessToken, sessionToken }] of Object.entries(users)) {
    tokens.set(role, accessToken);
    sessionTokens.set(role, sessionToken);
  }
  // A key cannot do more than its account: these belong to an admin and to a member.
  for (const role of ['admin', 'member'] as const) {
    const made = await owner.request('POST', '/admin/service-accounts', {
      username: `robot-${role}`,
      displayName: `Robot ${role}`,
    });
    const { id } = made.body;
    await owner.request('PATCH', `/admin/accounts/${id}`, { role });
    for (const scope of Object.keys(SCOPES)) {
      const body = { name: scope, scopes: [scope] };
      const key = await owner.request('POST', `/admin/service-accounts/${id}/keys`, body);
      expect(key.status).toBe(201);
      tokens.set(`key ${role} ${scope}`, key.body.key);
    }
  }
  const { body } = await call(server.url, 'GET', '/openapi.json');
  document = body;
  operations = operationsOf(body);
  tags = body.tags;
});
afterAll(async () => {
  await server.stop();
  await cluster.stop();
});

interface Operation {
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly tags: readonly string[];
}

/** The part of the OpenAPI document that says how an operation is called, and refused. */
interface Document {
  readonly paths: Record<
    string,
    Record<
      string,
      {
        readonly operationId: string;
        readonly security: unknown;
        readonly parameters?: readonly { readonly name: string }[];
        readonly responses: Record<string, { readonly description: string }>;
      }
    >
  >;
}

function operationsOf(document: {
  paths: Record<string, Record<string, { operationId: string; tags: string[] }>>;
}): Operation[] {
  return Object.entries(document.paths)
    .filter(([path]) => path.startsWith('/api/v1/'))
    .flatMap(([path, item]) =>
      Object.entries(item).map(([method, { operationId: id, tags }]) => ({
        id,
        tags,
        method: method.toUpperCase(),
        // An unknown id: an admitted caller finds nothing and changes nothing.
        path: path
          .replace('/api/v1', '')
          .replace('{seq}', '1')
          .replace('{emoji}', encodeURIComponent('👍'))
          .replace(/\{(?!key)\w+\}/g, '00000000-0000-7000-8000-00000000abcd'),
      })),
    );
}

/** The roles that an audience admits; all, if it is missing here. */
const ADMITTED: Readonly<Record<string, readonly string[]>> = {
  owner: ['owner'],
  admin: ['owner', 'admin'],
  member: ['owner', 'admin', 'member'],
};

/** They answer with a session, or are admitted by one. */
const COOKIE = new Set([
  'register',
  'login',
  'verifyEmail',
  'secondFactor',
  'confirmEnrolTotp',
  'loginWithPasskey',
  'renewAccessToken',
  'logout',
]);

/** A caller without a session gets the same answer as one that just logged out. */
const WAYS_OUT = new Set(['logout']);

/** Whether the response says that this caller may not use the route at all. */
function isShutOut({ status, body }: Answer): boolean {
  return (
    status === 401 ||
    (status === 403 && ['forbidden', 'insufficient_scope'].includes(body?.code ?? ''))
  );
}

const ask = ({ method, path }: Operation, token?: string) =>
  // A webhook has its key in the path; access tokens are too long for it.
  call(server.url, method, path.replace('{key}', encodeURIComponent(token || 'none')), {
    // Invalid for every route with a body.
    ...(method !== 'GET' && method !== 'DELETE' && { body: '[]' }),
    ...(token !== undefined && { headers: { authorization: `Bearer ${token}` } }),
  });

describe('every route of the API', () => {
  test('is in the access table, and the table has no other', () => {
    const documented = operations.map((o) => o.id);
    const table = Object.keys(EXPECTED_ACCESS).filter((id) => !['isLive', 'isReady'].includes(id));
    expect(documented.sort()).toEqual(table.sort());
  });

  test('has a tag that the document describes, and describes no other', () => {
    const used = new Set(operations.flatMap((operation) => operation.tags));
    // The paths of `operations` begin with /api/v1: those of Health do not.
    used.add('Health');
    expect(tags.map((tag) => tag.name).toSorted()).toEqual([...used].toSorted());
  });

  test('is documented with who may call it, and with the codes of its refusals', () => {
    const documented = new Set<string>();
    for (const item of Object.values(document.paths)) {
      for (const { operationId, responses, parameters = [] } of Object.values(item)) {
        if (parameters.some(({ name }) => name === 'idempotency-key')) {
          expect(responses['422']?.description, operationId).toContain('client_id_reused');
        }
        // Health checks answer without a problem.
        if (/^is(Live|Ready)$/.test(operationId)) continue;
        for (const [status, { description }] of Object.entries(responses)) {
          if (Number(status) < 400) continue;
          const codes = [...description.matchAll(/`(\w+)`/g)].map(([, code]) => code as ErrorCode);
          expect(codes, `${operationId} ${status}`).not.toEqual([]);
          for (const code of codes) {
            documented.add(code);
            if (status !== 'default') expect(ERRORS[code].status).toBe(Number(status));
          }
        }
      }
    }
    const elsewhere = ['unknown_frame', 'too_late', 'method_not_allowed'];
    const redirects = ['sso_failed', 'sso_email_unverified', 'sso_account_linked'];
    const others = Object.keys(ERRORS).filter((code) => !documented.has(code));
    expect(others.sort()).toEqual([...elsewhere, ...redirects].sort());

    const { paths } = document;
    const post = paths['/api/v1/conversations/{id}/messages']?.post;
    expect(post?.security).toEqual([{ accessToken: [] }, { apiKey: ['messages:write'] }]);
    expect(post?.responses['409']?.description).not.toContain('too_many_pins');
    expect(post?.responses['415']?.description).toBe('`unsupported_media_type`');
    expect(paths['/api/v1/auth/login']?.post?.security).toEqual([]);
  });

  test('requires a login, unless it is public', async () => {
    for (const operation of operations) {
      const { status } = await ask(operation);
      const { audience } = EXPECTED_ACCESS[operation.id] ?? {};
      if (audience === 'anyone') expect(status, operation.id).not.toBe(401);
      else expect(status, operation.id).toBe(401);
    }
  });

  test.each(['owner', 'admin', 'member', 'guest'])(
    'admits an %s according to the table',
    async (role) => {
      for (const operation of operations.filter((o) => !WAYS_OUT.has(o.id))) {
        const { audience } = EXPECTED_ACCESS[operation.id] ?? {};
        const answer = await ask(operation, tokens.get(role));
        const may = ADMITTED[audience ?? '']?.includes(role) ?? audience === 'account';
        if (audience === 'anyone') continue;
        const description = `${operation.id}: ${answer.status} ${JSON.stringify(answer.body)}`;
        expect(isShutOut(answer), description).toBe(!may);
        if (audience === 'admin' && !may) expect(answer.status, description).toBe(403);
        expect(answer.status, description).toBeLessThan(500);
      }
    },
  );

  test('that sets or uses a cookie rejects pages of other sites', async () => {
    for (const operation of operations) {
      if (!COOKIE.has(operation.id)) continue;
      for (const headers of [
        { origin: 'https://evil.example' },
        { origin: 'null' },
        { 'sec-fetch-site': 'cross-site' },
      ]) {
        const { status, body } = await call(server.url, operation.method, operation.path, {
          body: '{}',
          headers,
        });
        expect([status, body?.code], operation.id).toEqual([403, 'origin_not_allowed']);
      }
    }
  });

  test('never accepts a session token as an access token', async () => {
    for (const operation of operations) {
      const { audience } = EXPECTED_ACCESS[operation.id] ?? {};
      if (audience !== 'account' && audience !== 'member' && audience !== 'admin') continue;
      const { status } = await ask(operation, sessionTokens.get('owner'));
      expect(status, operation.id).toBe(401);
    }
  });

  const keys = Object.keys(SCOPES).flatMap((scope) =>
    ['admin', 'member'].map((role) => [role, scope] as [string, Scope]),
  );
  test.each(keys)('admits an API key of an %s with %s only to its scope', async (role, scope) => {
    for (const operation of operations) {
      const access = EXPECTED_ACCESS[operation.id];
      if (!access || !['account', 'member', 'admin'].includes(access.audience)) continue;
      const answer = await ask(operation, tokens.get(`key ${role} ${scope}`));
      const may = access.scope === scope && (access.audience !== 'admin' || role === 'admin');
      const description = `${operation.id}: ${answer.status} ${JSON.stringify(answer.body)}`;
      expect(isShutOut(answer), description).toBe(!may);
      expect(answer.status, description).toBeLessThan(500);
    }
  });

  test.each(['pk_', `pk_${'A'.repeat(43)}`, 'pk_ä', ''])(
    'a malformed API key is not authenticated: %j',
    async (key) => {
      for (const operation of operations) {
        const { audience } = EXPECTED_ACCESS[operation.id] ?? {};
        if (audience === 'anyone' || WAYS_OUT.has(operation.id)) continue;
        expect((await ask(operation, key)).status, operation.id).toBe(401);
      }
    },
  );
});
