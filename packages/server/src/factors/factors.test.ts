import type { AccountId } from '@parley/protocol';
import { Secret, TOTP } from 'otpauth';
import type pg from 'pg';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Factor } from '../accounts/sessions/proof.ts';
import { Vault } from '../encryption/vault.ts';
import type { Queryable } from '../storage/queryable.ts';
import { secondFactorStep } from './login-step.ts';
import { RecoveryCodes } from './recovery.ts';
import { Totps } from './totp.ts';

const ann = '01890000-0000-7000-8000-00000000000a' as AccountId;
const bob = '01890000-0000-7000-8000-00000000000b' as AccountId;
const START = Date.parse('2026-01-01T00:00:00.000Z');
const vault = new Vault('secret');
const clock = { at: START, now: () => clock.at };

/** Statements with answers from the test; what they do in PostgreSQL is tested in factors.db. */
class Statements {
  readonly sent: { name: string; values: unknown[] }[] = [];
  answer: (name: string, values: unknown[]) => { rows?: object[]; rowCount?: number } = () => ({});
  async query({ name, values }: { name: string; values: unknown[] }) {
    this.sent.push({ name, values });
    return { rows: [], rowCount: 0, ...this.answer(name, values) };
  }
  get on(): Queryable {
    return this as unknown as Queryable;
  }
  get pool(): pg.Pool {
    return this as unknown as pg.Pool;
  }
}
let db: Statements;
beforeEach(() => {
  db = new Statements();
  clock.at = START;
});

describe('the second step of a login', () => {
  const none = { role: 'member', kind: 'user', totp: false, passkeys: 0, codes: 0 };
  async function stepOf(
    has: object,
    requirement: 'off' | 'admins' | 'everyone' = 'off',
    passed: Factor[] = ['password'],
  ) {
    db.answer = () => ({ rows: [{ ...none, ...has }] });
    const step = secondFactorStep({ pool: db.pool, requirement });
    const proof = { account: ann, credentials: 1, passed };
    return step(proof, async (purpose) => ({ ticket: purpose, expiresAt: 'later' }) as never);
  }

  test('offers the factors that the account has, and recovery codes only beside another', async () => {
    for (const [has, methods] of [
      [{ totp: true }, ['totp']],
      [{ passkeys: 2 }, ['passkey']],
      [{ totp: true, passkeys: 1, codes: 3 }, ['totp', 'passkey', 'recovery']],
      [{ totp: true, codes: 0 }, ['totp']],
    ] as const) {
      expect(await stepOf(has)).toMatchObject({
        step: 'second_factor',
        methods,
        ticket: 'second_factor',
      });
    }
    expect(await stepOf({ codes: 5 })).toBeNull();
  });

  test('is the enrollment where the server requires a factor of the role', async () => {
    for (const [requirement, required] of [
      ['off', []],
      ['admins', ['owner', 'admin']],
      ['everyone', ['owner', 'admin', 'member']],
    ] as const) {
      for (const role of ['owner', 'admin', 'member']) {
        const step = await stepOf({ role }, requirement);
        if ((required as readonly string[]).includes(role)) {
          expect(step).toMatchObject({
            step: 'enrol_second_factor',
            ticket: 'enrol_second_factor',
          });
        } else expect(step).toBeNull();
      }
    }
  });

  test('is complete after a second factor; other factors do not count', async () => {
    for (const [factor, isSecond] of [
      ['password', false],
      ['sso', false],
      ['email', false],
      ['totp', true],
      ['passkey', true],
      ['recovery', true],
    ] as const) {
      const step = await stepOf({ totp: true }, 'everyone', ['password', factor]);
      expect(step === null).toBe(isSecond);
    }
  });
});

describe('an authenticator app', () => {
  const names = { issuer: 'Parley', label: 'ann' };
  let sealed: Buffer;
  /** The secret of an account that has set it up. */
  async function aSecret(totps: Totps, account = ann): Promise<string> {
    db.answer = () => ({ rowCount: 1 });
    const made = await totps.setUp(account, names);
    sealed = db.sent.at(-1)?.values[1] as Buffer;
    db.answer = (name) => (name === 'totp-secret' ? { rows: [{ sealed }] } : { rowCount: 1 });
    return made?.secret ?? '';
  }
  const codeAt = (secret: string, ms: number) =>
    new TOTP({ secret: Secret.fromBase32(secret), period: 30 }).generate({ timestamp: ms });

  test('gets a secret of 160 bits, with the names of its entry; only the sealed one is stored', async () => {
    const totps = new Totps({ pool: db.pool, clock, vault });
    db.answer = () => ({ rowCount: 1 });
    const made = await totps.setUp(ann, names);
    expect(made?.secret).toMatch(/^[A-Z2-7]{32}$/);
    const uri = new URL(made?.uri ?? '');
    expect(uri.href).toContain('otpauth://totp/Parley:ann');
    expect(uri.searchParams.get('secret')).toBe(made?.secret);
    expect(uri.searchParams.get('period')).toBe('30');
    expect(JSON.stringify(db.sent)).not.toContain(made?.secret);
    db.answer = () => ({ rowCount: 0 });
    expect(await totps.setUp(ann, names)).toBeNull();
  });

  test('accepts the code of this step and the adjacent ones, each once', async () => {
    const totps = new Totps({ pool: db.pool, clock, vault });
    const secret = await aSecret(totps);
    const step = START / 30_000;
    for (const [offset, isRight] of [
      [-2, false],
      [-1, true],
      [0, true],
      [1, true],
      [2, false],
    ] as const) {
      const code = codeAt(secret, START + offset * 30_000);
      db.sent.splice(0);
      expect(await totps.verify(ann, code)).toBe(isRight);
      const taken = db.sent.filter(({ name }) => name === 'totp-take');
      expect(taken.map(({ values }) => values[1])).toEqual(isRight ? [step + offset] : []);
    }
    // Used already, or not the confirmed one.
    const code = codeAt(secret, START);
    db.answer = (name) => (name === 'totp-secret' ? { rows: [{ sealed }] } : { rowCount: 0 });
    expect(await totps.verify(ann, code)).toBe(false);
    db.answer = () => ({});
    expect(await totps.verify(ann, code)).toBe(false);
  });

  test('is checked with the confirmed secret at a login, and with the new one when it is confirmed', async () => {
    const totps = new Totps({ pool: db.pool, clock, vault });
    const code = codeAt(await aSecret(totps), START);
    for (const confirmed of [true, false]) {
      db.sent.splice(0);
      expect(
        confirmed ? await totps.verify(ann, code) : await totps.confirm(ann, code, db.on),
      ).toBe(true);
      expect(db.sent.map(({ values }) => values.includes(confirmed))).toEqual([true, true]);
      expect(db.sent[0]?.values).toEqual([ann, confirmed]);
    }
  });

  test('rejects a secret that was copied from another account', async () => {
    const totps = new Totps({ pool: db.pool, clock, vault });
    const code = codeAt(await aSecret(totps, bob), START);
    expect(await totps.verify(ann, code)).toBe(false);
    expect(await totps.verify(bob, code)).toBe(true);
  });
});

describe('recovery codes', () => {
  /** Uses codes of the stored rows. */
  function stored() {
    const rows: Buffer[] = [];
    db.answer = (name, values) => {
      if (name === 'recovery-add') rows.push(...(values[1] as Buffer[]));
      if (name !== 'recovery-use') return {};
      return { rowCount: rows.some((hash) => hash.equals(values[1] as Buffer)) ? 1 : 0 };
    };
    return rows;
  }

  test('are ten of 16 unambiguous letters and digits, and replace earlier ones', async () => {
    const rows = stored();
    const codes = await new RecoveryCodes({ pool: db.pool, clock, vault }).renew(ann, db.on);
    expect(new Set(codes).size).toBe(10);
    for (const code of codes)
      expect(code).toMatch(/^[a-hj-km-np-z2-9]{4}(-[a-hj-km-np-z2-9]{4}){3}$/);
    expect(db.sent.map(({ name }) => name)).toEqual(['recovery-remove', 'recovery-add']);
    expect(rows).toHaveLength(10);
  });

  test('are known in any case, with or without hyphens, for their account and this server alone', async () => {
    stored();
    const recovery = new RecoveryCodes({ pool: db.pool, clock, vault });
    const [code = ''] = await recovery.renew(ann, db.on);
    for (const text of [code, code.toUpperCase(), code.replaceAll('-', ''), ` ${code} `]) {
      expect(await recovery.use(ann, text)).toBe(true);
    }
    expect(await recovery.use(ann, `${code}a`)).toBe(false);
    expect(await recovery.use(bob, code)).toBe(false);
    const elsewhere = new RecoveryCodes({ pool: db.pool, clock, vault: new Vault('another') });
    expect(await elsewhere.use(ann, code)).toBe(false);
  });

  test('of earlier versions are stored as keyed hashes, if there are any', async () => {
    const recovery = new RecoveryCodes({ pool: db.pool, clock, vault });
    const queries: unknown[][] = [];
    let plain: object[] = [];
    const pool = {
      query: async (text: string, values: unknown[] = []) => {
        queries.push(values);
        return { rows: text.startsWith('select') ? plain : [] };
      },
    } as unknown as pg.Pool;
    const upgrading = new RecoveryCodes({ pool, clock, vault });
    await upgrading.upgrade();
    expect(queries).toEqual([[]]);
    const rows = stored();
    const [code = ''] = await recovery.renew(ann, db.on);
    await recovery.use(ann, code);
    const hash = db.sent.at(-1)?.values[3];
    plain = [{ account_id: ann, code_hash: hash }];
    await upgrading.upgrade();
    expect(queries.at(-1)).toEqual([[ann], [hash], [rows[0]]]);
  });
});
