import type { AccountId } from '@parley/protocol';

/** A proof of identity used to log in. */
export type Factor = 'password' | 'sso' | 'passkey' | 'totp' | 'recovery' | 'email';

/** Returns whether a factor counts as a second factor (a passkey replaces both). */
export const isSecondFactor = (factor: Factor): boolean =>
  factor === 'totp' || factor === 'passkey' || factor === 'recovery';

/** The account that is logging in, and the factors it has passed. */
export interface Proof {
  readonly account: AccountId;
  /**
   * The account’s `credentials_version`, read together with what was checked: a login that started
   * with the previous password, or before a deactivation, fails.
   */
  readonly credentials: number;
  readonly passed: readonly Factor[];
  /** The device name; defaults to the User-Agent. */
  readonly device?: string | undefined;
}
