import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { AccountId, ConversationId, Limits, Seq, SessionAnswer } from '@parley/protocol';
import pg from 'pg';
import { loadConfig } from '../../src/config/config.ts';
import { type Overrides, type Parley, startParley } from '../../src/main.ts';
import { bearer, PASSWORD, WITH_SESSION_TOKEN } from './credentials.ts';
import { endPool, type TestCluster, testLog } from './database.ts';
import { Peer } from './peer.ts';
import { lendSigningKey, SECRET } from './signing-key.ts';
import { makeTempDir } from './temp-dir.ts';

/** A whole server on a free port, over a fresh database of a test’s cluster. */
export type TestServer = Parley & {
  /** Registers a user and returns what is needed to act as them. */
  /** `more` replaces fields of the registration, or adds some, such as an invitation. */
  register(name: string, more?: object): Promise<User>;
  /** Queries the database. */
  rows(sql: string): Promise<Record<string, unknown>[]>;
  /** A separate connection to its database. */
  readonly pool: pg.Pool;
  /** Opens a socket; it is closed when the server stops. */
  peer(options?: ConstructorParameters<typeof Peer>[1]): Peer;
};

/** A registered user. */
export type User = {
  name: string;
  id: AccountId;
  accessToken: string;
  sessionToken: string;
  /** Sends a request as this user. Returns status, headers and the parsed body. */
  request(
    method: string,
    path: string,
    body?: object,
    headers?: Record<string, string>,
  ): Promise<Answer>;
  /** Creates a group and returns its id. */
  group(
    name: string,
    members?: readonly User[],
    visibility?: 'public' | 'private',
  ): Promise<ConversationId>;
  /** Posts over REST and returns the message’s seq. */
  post(conversation: ConversationId, body: string): Promise<Seq>;
};

/** An answer of the API. */
// biome-ignore lint/suspicious/noExplicitAny: what a test expects of a body stands in its assertions
export type Answer = { status: number; headers: Headers; body: any };

/** Starts a server; `env` adds settings. */
export async function startTestServer(
  cluster: TestCluster,
  env: Record<string, string> = {},
  limits: Partial<Limits> = {},
  overrides: Pick<Overrides, 'clock'> = {},
): Promise<TestServer> {
  const database = await cluster.fresh();
  const dataDir = makeTempDir('server');
  const loaded = loadConfig({
    PORT: '0',
    // Does not exist yet, as on a fresh machine.
    PARLEY_DATA: join(dataDir, 'data'),
    PARLEY_SECRET: SECRET,
    DATABASE_URL: database.url,
    RATE_LIMITS: 'off',
    LINK_PREVIEWS: 'off',
    ...env,
  });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  const pool = new pg.Pool({ connectionString: database.url, max: 1 });
  // A test may stop the database while a connection is idle; the next query then rejects.
  pool.on('error', () => undefined);
  await lendSigningKey(pool, loaded.config.secret ?? SECRET);
  const parley = await startParley(loaded.config, testLog, { ...overrides, limits });
  const peers: Peer[] = [];
  return {
    ...parley,
    register: (name, more) => registerAt(parley.url, name, more),
    peer(options) {
      const peer = new Peer(parley.url, options);
      peers.push(peer);
      return peer;
    },
    pool,
    rows: async (sql) => (await pool.query(sql)).rows,
    async stop() {
      await endPool(pool);
      await parley.stop();
      for (const peer of peers) peer.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** Registers a user on the server at `url`. */
export async function registerAt(url: string, name: string, more: object = {}): Promise<User> {
  const answer = await call(url, 'POST', '/auth/register', {
    body: {
      username: name,
      displayName: name,
      email: `${name}@example.org`,
      password: PASSWORD,
      ...more,
    },
    headers: WITH_SESSION_TOKEN,
  });
  if (answer.status !== 201) throw new Error(`${name}: ${JSON.stringify(answer.body)}`);
  return userOf(url, name, answer);
}

/** Returns a user with a new session, after a registration or a login. */
export function userOf(url: string, name: string, answer: Answer): User {
  const { me, accessToken, sessionToken } = answer.body as SessionAnswer;
  if (sessionToken === undefined) throw new Error(`${name}: no session token`);
  const request: User['request'] = (method, path, body, headers) =>
    call(url, method, path, {
      ...(body && { body }),
      headers: { ...bearer(accessToken), ...headers },
    });
  return {
    name,
    id: me.id,
    accessToken,
    sessionToken,
    request,
    async group(groupName, members = [], visibility = 'private') {
      const made = await request('POST', '/conversations', {
        name: groupName,
        visibility,
        members: members.map((m) => m.id),
      });
      if (made.status !== 201) throw new Error(JSON.stringify(made.body));
      return made.body.id;
    },
    async post(conversation, body) {
      const posted = await request('POST', `/conversations/${conversation}/messages`, { body });
      if (posted.status !== 201) throw new Error(JSON.stringify(posted.body));
      return posted.body.seq;
    },
  };
}

/** Logs in with a username or an email address. */
export const loginAt = (url: string, login: string, password = PASSWORD): Promise<Answer> =>
  call(url, 'POST', '/auth/login', { body: { login, password }, headers: WITH_SESSION_TOKEN });

/** Sends a request to the API under /api/v1. */
export async function call(
  url: string,
  method: string,
  path: string,
  options: { body?: object | string; headers?: Record<string, string> } = {},
): Promise<Answer> {
  const { body, headers } = options;
  const response = await fetch(new URL(`/api/v1${path}`, url), {
    method,
    headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  // An image is no JSON.
  const isImage = response.headers.get('content-type')?.startsWith('image/');
  return {
    status: response.status,
    headers: response.headers,
    body: text && !isImage ? JSON.parse(text) : null,
  };
}
