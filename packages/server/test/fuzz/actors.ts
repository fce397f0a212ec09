import { SCOPES } from '@parley/protocol';
import { registerAt, type TestServer, type User } from '../support/server.ts';

/** The roles that send requests and frames. */
export type Role = 'owner' | 'admin' | 'member' | 'guest' | 'key';
/** What an id of an answer belongs to. */
export type IdKind =
  | 'accounts'
  | 'conversations'
  | 'robots'
  | 'keys'
  | 'invitations'
  | 'sessions'
  | 'others';

/** The operations whose answers contain ids of a kind; ids in all other answers are `others`. */
const KIND_OF: Readonly<Record<string, IdKind>> = {
  createGroup: 'conversations',
  openDirect: 'conversations',
  createAccount: 'accounts',
  createServiceAccount: 'robots',
  listServiceAccounts: 'robots',
  createApiKey: 'keys',
  listApiKeys: 'keys',
  createInvitation: 'invitations',
  listInvitations: 'invitations',
  listMySessions: 'sessions',
};
/** How many ids of a kind are kept. */
const IDS_MAX = 500;

/** All roles. */
export const ROLES: readonly Role[] = ['owner', 'admin', 'member', 'guest', 'key'];

/**
 * Holds the accounts to fuzz with, and the ids of what they have. Fuzzed requests may end any of
 * their sessions, roles and accounts: {@link Actors.renew} then creates others. The account that
 * creates them takes no part in the fuzzing, so no fuzzed request can affect it.
 */
export class Actors {
  readonly #server: TestServer;
  /** An owner who takes no part in the fuzzing. */
  readonly root: User;
  readonly #tokens = new Map<Role, string>();
  readonly #stale = new Set<Role>(ROLES);
  #made = 0;
  /** Ids that exist or have existed, the latest last. */
  readonly ids: Readonly<Record<IdKind, string[]>> = {
    accounts: [],
    conversations: [],
    robots: [],
    keys: [],
    invitations: [],
    sessions: [],
    others: [],
  };

  private constructor(server: TestServer, root: User) {
    this.#server = server;
    this.root = root;
  }

  /** Creates the first accounts, and some conversations and messages. */
  static async create(server: TestServer): Promise<Actors> {
    const actors = new Actors(server, await server.register('root'));
    await actors.renew();
    return actors;
  }

  /** Returns the access token or API key of a role. */
  token(role: Role): string {
    return this.#tokens.get(role) as string;
  }

  /** Marks the token of a role as no longer valid. */
  ended(role: Role): void {
    this.#stale.add(role);
  }

  /** Keeps an id from an answer, so that later requests use it. */
  learn(operation: string, id: string): void {
    if (id === this.root.id) return;
    const ids = this.ids[KIND_OF[operation] ?? 'others'];
    ids.push(id);
    if (ids.length > IDS_MAX) ids.shift();
  }

  /** Creates new accounts for roles whose token is no longer valid. */
  async renew(): Promise<void> {
    // A fuzzed request may have limited it to admins.
    await this.root.request('PATCH', '/admin/server-settings', { groupCreation: 'everyone' });
    for (const role of [...this.#stale]) {
      this.#tokens.set(role, await this.#newToken(role));
    }
    this.#stale.clear();
  }

  #newToken(role: Role): Promise<string> {
    if (role === 'key') return this.#newKey();
    return role === 'guest' ? this.#newGuest() : this.#newUser(role);
  }

  /** A guest of one group, with other accounts in it. */
  async #newGuest(): Promise<string> {
    const body = { name: `guests ${this.#made}`, visibility: 'private', members: [] };
    const group: string = (await this.root.request('POST', '/conversations', body)).body.id;
    for (const account of this.ids.accounts.slice(-3)) {
      await this.root.request('POST', `/conversations/${group}/members`, { account });
    }
    const guest = { groups: [group] };
    const { link } = (await this.root.request('POST', '/admin/invitations', { guest })).body;
    const [, invitation] = (link as string).split('#');
    const user = await registerAt(this.#server.url, `guest-${this.#made++}`, { invitation });
    this.ids.accounts.push(user.id);
    this.ids.conversations.push(group);
    for (let n = 0; n < 5; n++) {
      await user.request('POST', `/conversations/${group}/messages`, { body: `message ${n}` });
    }
    return user.accessToken;
  }

  async #newUser(role: Role): Promise<string> {
    const user = await registerAt(this.#server.url, `${role}-${this.#made++}`);
    await this.root.request('PATCH', `/admin/accounts/${user.id}`, { role });
    this.ids.accounts.push(user.id);
    const members = this.ids.accounts.slice(-8);
    for (const visibility of ['public', 'private']) {
      const body = { name: `group ${this.#made}`, visibility, members };
      const made = await user.request('POST', '/conversations', body);
      const id: string = made.body.id;
      this.ids.conversations.push(id);
      for (let n = 0; n < 5; n++) {
        await user.request('POST', `/conversations/${id}/messages`, { body: `message ${n}` });
      }
    }
    return user.accessToken;
  }

  async #newKey(): Promise<string> {
    const made = await this.root.request('POST', '/admin/service-accounts', {
      username: `robot-${this.#made++}`,
      displayName: 'Robot',
    });
    const id: string = made.body.id;
    this.ids.accounts.push(id);
    await this.root.request('PATCH', `/admin/accounts/${id}`, { role: 'admin' });
    this.ids.robots.push(id);
    const body = { name: 'all', scopes: Object.keys(SCOPES) };
    const key = await this.root.request('POST', `/admin/service-accounts/${id}/keys`, body);
    return key.body.key;
  }
}
