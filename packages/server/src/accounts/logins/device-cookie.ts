import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { AccountId } from '@parley/protocol';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Vault } from '../../encryption/vault.ts';
import type { Clock } from '../../runtime/clock.ts';
import { isSecure } from '../sessions/session-cookie.ts';

const NAME = 'parley_device';
/**
 * RFC 6265bis §4.1.3.2: a cookie of this name is Secure, has no Domain, and is for this host only.
 */
const HOST_NAME = `__Host-${NAME}`;
/** Accounts that a browser remembers; the one with the oldest login is dropped first. */
const ACCOUNTS_MAX = 5;
const ID_BYTES = 16;
/** A device without a login for this long is no longer known. */
const VALID_MS = 365 * 86_400_000;
const USE = 'device';

/** An account that logged in on the device. */
interface Entry {
  readonly account: AccountId;
  /** Identifies the device to the limits. */
  readonly id: string;
  /** Wall clock, s. */
  readonly since: number;
}

/**
 * Device cookies (OWASP, “Slow Down Online Guessing Attacks with Device Cookies”): a browser that
 * has logged in to an account keeps a signed record of it and has its own budget of wrong
 * passwords, so that attacks from elsewhere do not lock it out.
 *
 * The cookie does not authenticate: it only selects a budget.
 */
export class DeviceCookie {
  readonly #publicUrl: string | undefined;
  readonly #vault: Vault;
  readonly #clock: Clock;

  constructor(deps: {
    readonly publicUrl: string | undefined;
    readonly vault: Vault;
    readonly clock: Clock;
  }) {
    this.#publicUrl = deps.publicUrl;
    this.#vault = deps.vault;
    this.#clock = deps.clock;
  }

  /** Returns the id of the device if it has logged in to this account; null otherwise. */
  known(request: FastifyRequest, account: AccountId): string | null {
    return this.#read(request).find((entry) => entry.account === account)?.id ?? null;
  }

  /** Records in the browser that it has logged in to the account. */
  remember(request: FastifyRequest, reply: FastifyReply, account: AccountId): void {
    const entries = this.#read(request);
    const previous = entries.find((entry) => entry.account === account);
    const now = this.#clock.now();
    const entry: Entry = {
      account,
      id: previous?.id ?? randomBytes(ID_BYTES).toString('base64url'),
      since: Math.floor(now / 1000),
    };
    const latest = [entry, ...entries.filter((other) => other !== previous)].slice(0, ACCOUNTS_MAX);
    const secure = isSecure(request, this.#publicUrl);
    reply.setCookie(secure ? HOST_NAME : NAME, latest.map((e) => this.#text(e)).join('~'), {
      path: '/',
      httpOnly: true,
      sameSite: 'strict',
      secure,
      expires: new Date(now + VALID_MS),
    });
  }

  /**
   * Returns the entries of the request’s cookie that this server signed and that have not expired.
   */
  #read(request: FastifyRequest): Entry[] {
    const secure = isSecure(request, this.#publicUrl);
    const texts = request.cookies[secure ? HOST_NAME : NAME]?.split('~') ?? [];
    return texts.slice(0, ACCOUNTS_MAX).flatMap((text) => this.#parse(text) ?? []);
  }

  #text(entry: Entry): string {
    return `${bodyOf(entry)}.${this.#mac(entry).toString('base64url')}`;
  }

  #parse(text: string): Entry | null {
    const match = /^([0-9a-f-]{36})\.([\w-]{22})\.(\d{1,11})\.([\w-]{43})$/.exec(text);
    if (!match) return null;
    const [, account = '', id = '', since = '', mac = ''] = match;
    const entry: Entry = { account: account as AccountId, id, since: Number(since) };
    if (!timingSafeEqual(Buffer.from(mac, 'base64url'), this.#mac(entry))) return null;
    return this.#clock.now() - entry.since * 1000 < VALID_MS ? entry : null;
  }

  #mac(entry: Entry): Buffer {
    return this.#vault.mac(USE, bodyOf(entry));
  }
}

const bodyOf = ({ account, id, since }: Entry): string => `${account}.${id}.${since}`;
