import { SCOPES } from '@parley/protocol';
import { registerAt, type TestServer, type User } from '../support/server.ts';

/** The roles that send requests and frames. */
export type Role = 'owner' | 'admin' | 'member' | 'key';
/** All roles. */
export const ROLES: readonly Role[] = ['owner', 'admin', 'member', 'key'];

/**
 * Holds the accounts to fuzz with, and the ids of what they have. Fuzzed requests may end any of
 * their sessions, roles and accounts: {@link Actors.renew} then creates others. The account that
 * creates them takes no part in the fuzzing, so no fuzzed request can affect it.
 */
export class Actors {
  readonly #server: TestServer;
  readonly #root: User;
  readonly #tokens = new Map<Role, string>();
  readonly #stale = new Set<Role>(ROLES);
  #made = 0;
  /** Ids that exist or have existed. */
  readonly accounts: string[] = [];
  readonly conversations: string[] = [];
  readonly others: string[] = [];

  private constructor(server: TestServer, root: User) {
    this.#server = server;
    this.#root = root;
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
    if (/^(createGroup|openDirect)$/.test(operation)) this.conversations.push(id);
    else if (this.others.length < 500) this.others.push(id);
    else this.others[this.#made++ % 500] = id;
  }

  /** Creates new accounts for roles whose token is no longer valid. */
  async renew(): Promise<void> {
    for (const role of [...this.#stale]) {
      this.#tokens.set(role, role === 'key' ? await this.#newKey() : await this.#newUser(role));
    }
    this.#stale.clear();
  }

  async #newUser(role: Role): Promise<string> {
    const user = await registerAt(this.#server.url, `${role}-${this.#made++}`);
    await this.#root.request('PATCH', `/admin/accounts/${user.id}`, { role });
    this.accounts.push(user.id);
    const members = this.accounts.slice(-8);
    for (const visibility of ['public', 'private']) {
      const body = { name: `group ${this.#made}`, visibility, members };
      const made = await user.request('POST', '/conversations', body);
      const id: string = made.body.id;
      this.conversations.push(id);
      for (let n = 0; n < 5; n++) {
        await user.request('POST', `/conversations/${id}/messages`, { body: `message ${n}` });
      }
    }
    return user.accessToken;
  }

  async #newKey(): Promise<string> {
    const made = await this.#root.request('POST', '/admin/service-accounts', {
      username: `robot-${this.#made++}`,
      displayName: 'Robot',
    });
    const id: string = made.body.id;
    this.accounts.push(id);
    await this.#root.request('PATCH', `/admin/accounts/${id}`, { role: 'admin' });
    const body = { name: 'all', scopes: Object.keys(SCOPES) };
    const key = await this.#root.request('POST', `/admin/service-accounts/${id}/keys`, body);
    return key.body.key;
  }
}
