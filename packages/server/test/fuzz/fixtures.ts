import type { ConversationId } from '@parley/protocol';
import { Authenticator } from '../support/authenticator.ts';
import { PASSWORD, totpCode } from '../support/credentials.ts';
import { type Answer, call, loginAt, type TestServer, type User } from '../support/server.ts';
import { until } from '../support/sink.ts';

/** An authenticator app shows a code for this long, ms. */
const STEP_MS = 30_000;

const password = { password: PASSWORD };

/** Creates the accounts, groups and messages of the situations in which operations succeed. */
export class Fixtures {
  readonly server: TestServer;
  /** An owner, who reads emails and changes roles. */
  readonly owner: User;
  #count = 0;
  #shared: Promise<{ member: User; admin: User; group: ConversationId }> | undefined;

  constructor(server: TestServer, owner: User) {
    this.server = server;
    this.owner = owner;
  }

  /** Returns a name that no account has. */
  name(): string {
    return `guide-${this.#count++}`;
  }

  /** Registers a user for one request. */
  user(): Promise<User> {
    return this.server.register(this.name());
  }

  /** Returns an admin and a member whose accounts no request ends, and a group of both. */
  shared(): Promise<{ member: User; admin: User; group: ConversationId }> {
    this.#shared ??= (async () => {
      const [admin, member] = [await this.user(), await this.user()];
      ok(await this.owner.request('PATCH', `/admin/accounts/${admin.id}`, { role: 'admin' }));
      return { admin, member, group: await member.group('shared', [admin]) };
    })();
    return this.#shared;
  }

  /** Sends a request without a session. */
  async post(path: string, body: object) {
    return ok(await call(this.server.url, 'POST', path, { body })).body;
  }

  /** Registers a user with an authenticator app. */
  async userWithTotp(): Promise<User & { secret: string; recoveryCode: string }> {
    const user = await this.user();
    const { secret } = ok(await user.request('POST', '/me/totp', password)).body;
    const code = totpCode(secret);
    const { recoveryCodes } = ok(await user.request('POST', '/me/totp/confirm', { code })).body;
    return { ...user, secret, recoveryCode: recoveryCodes[0] };
  }

  /**
   * Returns the code after the present one, which the server accepts, too: each code is accepted once, and an earlier
   * one may expire before it arrives.
   */
  nextCode(secret: string): string {
    return totpCode(secret, Date.now() + STEP_MS);
  }

  /** Registers a user with a passkey, and returns what holds it. */
  async userWithPasskey(): Promise<User & { authenticator: Authenticator; passkey: string }> {
    const user = await this.user();
    const authenticator = new Authenticator();
    const options = ok(await user.request('POST', '/me/passkeys/options', password)).body;
    const response = authenticator.create(options, this.server.url);
    const body = { name: 'laptop', response };
    const added = ok(await user.request('POST', '/me/passkeys', body)).body;
    return { ...user, authenticator, passkey: added.id };
  }

  /** Logs in with the password, and returns the ticket for the second factor. */
  async ticket(user: User): Promise<string> {
    return ok(await loginAt(this.server.url, user.name)).body.ticket;
  }

  /** Returns what matches in the next email to a user, as the outbox shows it to owners. */
  async emailed(
    user: User,
    pattern: RegExp,
    address = `${user.name}@example.org`,
  ): Promise<string> {
    let found: string | undefined;
    await until(async () => {
      const { items } = ok(await this.owner.request('GET', '/admin/emails')).body;
      const texts = (items as { recipient: string; text: string | null }[])
        .filter((email) => email.recipient === address)
        .map((email) => pattern.exec(email.text ?? '')?.[1]);
      found = texts.find((match) => match !== undefined);
      return found !== undefined;
    }, `an email to ${user.name}`);
    return found as string;
  }

  /** Makes the code of the registration old enough for another one to be sent. */
  async ageCode({ id }: User): Promise<void> {
    await this.server.rows(
      `update one_time_secrets set code_sent_at = code_sent_at - interval '5 minutes' where account_id = '${id}'`,
    );
  }

  /** Returns the token of a link that resets a user’s password. */
  async resetToken(): Promise<string> {
    const user = await this.user();
    await this.post('/auth/forgot', { email: `${user.name}@example.org` });
    return this.emailed(user, /\/reset#([\w-]{40,})/);
  }

  /** Creates a service account with an API key. */
  async robot(scope = 'users:read'): Promise<{ id: string; keyId: string; key: string }> {
    const { admin } = await this.shared();
    const body = { username: this.name(), displayName: 'Robot' };
    const { id } = ok(await admin.request('POST', '/admin/service-accounts', body)).body;
    const key = { name: 'first', scopes: [scope] };
    const made = ok(await admin.request('POST', `/admin/service-accounts/${id}/keys`, key)).body;
    return { id, keyId: made.id, key: made.key };
  }
}

/** Returns an answer that reports success, and throws any other. */
export function ok(answer: Answer): Answer {
  if (answer.status >= 300) throw new Error(`${answer.status}: ${JSON.stringify(answer.body)}`);
  return answer;
}
