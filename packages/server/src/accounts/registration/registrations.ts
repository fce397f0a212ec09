import {
  type AccountId,
  type FieldError,
  type Refusal,
  type RegistrationMode,
  refusal,
} from '@parley/protocol';
import type pg from 'pg';
import type { AuditLog } from '../../audit/audit-log.ts';
import type { Config } from '../../config/config.ts';
import type { Emails } from '../../email/emails.ts';
import { RefusalError, refuse, storedOrRefuse } from '../../http/errors.ts';
import type { ServerSettings } from '../../settings/server-settings.ts';
import { withTransaction } from '../../storage/database.ts';
import type { Append } from '../../stream/append.ts';
import type { RuleContext } from '../../stream/stream-transaction.ts';
import { type AttemptLimits, addressKey } from '../attempts/attempt-limits.ts';
import type { Invitations } from '../invitations/invitations.ts';
import { type Passwords, refuseOverload } from '../passwords/passwords.ts';
import { passwordErrors } from '../passwords/strength.ts';
import { hashOf, rowsOf } from '../tickets/tickets.ts';
import { conflictErrors, conflictRefusal } from '../users/conflicts.ts';
import { emailKey } from '../users/names.ts';
import { findConflicts } from '../users/queries.ts';
import type { EmailCodes, PendingStep, VerifiedCode } from '../verification/email-codes.ts';
import { type Applicant, isListed, refusalOfAdmission } from './admission.ts';
import { registerAccount } from './register.ts';

/** The fields of a registration; null where a field was invalid. */
export interface RegistrationRequest {
  readonly username: string | null;
  readonly displayName: string | null;
  readonly firstName?: string | undefined;
  readonly lastName?: string | undefined;
  readonly phone?: string | undefined;
  readonly email: string | null;
  readonly password: string | null;
  readonly invitation?: string | undefined;
  readonly device?: string | undefined;
  /** The locale of the user; null: not known. */
  readonly locale: string | null;
}

/** A registration that waits for its code. The password is stored as its hash. */
export interface PendingRegistration {
  readonly username: string;
  readonly displayName: string;
  readonly firstName?: string | undefined;
  readonly lastName?: string | undefined;
  readonly phone?: string | undefined;
  readonly passwordHash: string;
  /** Hash of the invitation, in hexadecimal. */
  readonly invitation?: string | undefined;
  readonly device?: string | undefined;
  /** Absent in what an earlier version has stored. */
  readonly locale?: string | null;
}

interface RegistrationsDeps {
  readonly pool: pg.Pool;
  readonly append: Append;
  readonly passwords: Passwords;
  readonly limits: AttemptLimits;
  readonly codes: EmailCodes;
  readonly invitations: Invitations;
  readonly emails: Emails;
  readonly audit: AuditLog;
  readonly config: Pick<Config, 'verifyEmail'>;
  readonly settings: ServerSettings;
  /** The server’s public address, whose parts make weak passwords. */
  readonly server: () => string;
}

/**
 * Registers users.
 *
 * 1. All errors of a registration are reported at once, each with its field.
 * 2. If addresses are verified, no account exists before the right code was entered: it is not
 *    visible, it takes no name, and an address that has an account cannot be told apart by response
 *    or time.
 * 3. The first account of a server can be registered in every mode: it becomes the owner.
 */
export class Registrations {
  readonly #deps: RegistrationsDeps;

  constructor(deps: RegistrationsDeps) {
    this.#deps = deps;
  }

  /** Returns whether a new address has to be verified before the first session. */
  get verifies(): boolean {
    return this.#verifiesIn(this.#deps.settings.current.registration.mode);
  }

  /**
   * Registers a user; `schemaErrors` were found when the body was validated, `address` is the source of the request.
   * @throws {RefusalError} with all errors
   */
  async register(
    requested: RegistrationRequest,
    schemaErrors: readonly FieldError[],
    address: string,
  ): Promise<{ account: AccountId } | { pendingStep: PendingStep }> {
    const { username, displayName, email, password } = requested;
    const { pool, passwords, limits, emails, codes, server, settings } = this.#deps;
    await settings.load();
    const conflicts = await findConflicts(pool, username, email);
    await this.#refuseClosed(requested, conflicts.isFirstAccount);
    const own = [username, displayName, requested.firstName, requested.lastName, email];
    const names = [server(), settings.current.name];
    const about = [...own.filter((text) => typeof text === 'string'), ...names];
    const errors = [
      ...schemaErrors,
      ...(await passwordErrors('password', password, about)),
      ...(conflicts.isFirstAccount || requested.invitation !== undefined || email === null
        ? []
        : this.domainErrors(email)),
      ...conflictErrors({ ...conflicts, email: conflicts.email && !this.verifies }),
    ];
    refuseErrors(errors);
    if (username === null || displayName === null || email === null || password === null) {
      throw new Error('An incomplete registration must have errors');
    }
    refuseOverload(passwords);
    const { device, firstName, lastName, phone, locale } = requested;
    const pending: PendingRegistration = {
      username,
      displayName,
      firstName,
      lastName,
      phone,
      passwordHash: await passwords.hash(password),
      invitation: requested.invitation && hashOf(requested.invitation).toString('hex'),
      device,
      locale,
    };
    if (!this.verifies)
      return { account: await this.#createAccount(pending, { email, step: null }, address) };
    await limits.takeEmail(emailKey(email), addressKey(address));
    const pendingStep = await withTransaction(pool, (client) =>
      codes.start(
        { purpose: 'register', email, isRegistered: conflicts.email, locale, data: pending },
        client,
      ),
    );
    emails.wake();
    return { pendingStep };
  }

  /**
   * Creates the account of a registration whose code was right; `address` is the source of the request.
   * @throws {RefusalError} when the name was taken in the meantime, or the invitation used up
   */
  confirm({ id, email, data }: VerifiedCode<PendingRegistration>, address: string) {
    return this.#createAccount(data, { email, step: id }, address);
  }

  /** Creates an account; `step` is the pending step to use up, null if the address is not verified. */
  async #createAccount(
    pending: PendingRegistration,
    { email, step }: { email: string; step: string | null },
    address: string,
  ): Promise<AccountId> {
    const { append, codes, emails, audit, invitations } = this.#deps;
    const { device: _device, ...user } = pending;
    const invited = pending.invitation !== undefined;
    // What an invitation gives never changes; whether it is valid is checked in the transaction.
    const guest =
      pending.invitation === undefined
        ? undefined
        : await invitations.guestOf(Buffer.from(pending.invitation, 'hex'));
    const { account, outcome } = await registerAccount(append, {
      ...user,
      guest,
      email,
      admit: (first, tx) => this.#admit(tx, { email, invited, first }, step !== null),
      verified: step !== null,
      audit: { log: audit, address },
      ...(step === null
        ? {
            // Verification is optional here.
            write: async (made, writes) => {
              const { locale = null } = pending;
              const request = { purpose: 'verify' as const, account: made, email, locale };
              await codes.start({ ...request, data: {} }, writes);
            },
          }
        : {
            check: async (tx): Promise<Refusal | null> =>
              (await codes.lockUnused(step, rowsOf(tx))) ? null : refusal('ticket_expired'),
            write: (_made, writes) => writes.query(codes.use(step)),
          }),
    });
    storedOrRefuse(outcome);
    emails.wake();
    return account;
  }

  /** Decides by the setting that the transaction reads: it may have changed since the request came. */
  async #admit(
    tx: RuleContext,
    applicant: Applicant,
    isConfirmed: boolean,
  ): Promise<Refusal | null> {
    const { registration } = await this.#deps.settings.readIn(tx);
    const { invited, first } = applicant;
    // Only a verified address says that its owner belongs to the domain.
    if (
      registration.mode === 'domain' &&
      this.#verifiesIn('domain') &&
      !isConfirmed &&
      !invited &&
      !first
    ) {
      return refusal('invitation_required');
    }
    return refusalOfAdmission(registration, applicant);
  }

  #verifiesIn(mode: RegistrationMode): boolean {
    const { config, emails } = this.#deps;
    return config.verifyEmail ?? (emails.kind === 'smtp' || mode === 'domain');
  }

  /**
   * Refuses early what {@link refusalOfAdmission} would refuse in the transaction, before a
   * password is hashed or a code is sent.
   */
  async #refuseClosed(requested: RegistrationRequest, first: boolean): Promise<void> {
    const { settings, invitations } = this.#deps;
    const { mode } = settings.current.registration;
    if (mode === 'closed' && !first) refuse('registration_closed');
    if (requested.invitation === undefined) {
      if (mode === 'invitation' && !first) refuse('invitation_required');
      return;
    }
    // An invalid address is reported as such; the invitation is checked with the next attempt.
    if (requested.email === null) return;
    if (!(await invitations.isGood(requested.invitation, requested.email)))
      refuse('invitation_expired');
  }

  /** Returns the error of an address whose domain may not register; empty if it may. */
  domainErrors(email: string): FieldError[] {
    const { mode, domains } = this.#deps.settings.current.registration;
    if (mode !== 'domain' || isListed(domains, email)) return [];
    const message = `Use an email address at ${domains.join(', ')}`;
    return [{ field: 'email', code: 'domain_refused', message }];
  }
}

/**
 * Refuses with all errors, if there are any.
 * @throws {RefusalError} with the code of the taken field when nothing else is wrong, else
 * `invalid`
 */
function refuseErrors(errors: readonly FieldError[]): void {
  if (errors.length === 0) return;
  const areAllConflicts = errors.every(({ code }) => code.endsWith('_taken'));
  const conflict = areAllConflicts ? conflictRefusal(errors) : null;
  throw new RefusalError(conflict ?? refusal('invalid', undefined, { errors }));
}
