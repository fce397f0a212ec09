import { type AccountId, CreateAccountBody } from '@parley/protocol';
import type pg from 'pg';
import { makeResetLink } from '../accounts/passwords/password-changes.ts';
import { registerAccount } from '../accounts/registration/register.ts';
import { Tickets } from '../accounts/tickets/tickets.ts';
import { usernameKey } from '../accounts/users/names.ts';
import { unsuspendOnServer } from '../admin/suspend-account.ts';
import { type Auditing, AuditLog } from '../audit/audit-log.ts';
import type { Config } from '../config/config.ts';
import { bootstrapEveryone } from '../conversations/everyone.ts';
import { EVENT_VISIBILITY } from '../event-types/event-visibility.ts';
import { PROJECTIONS } from '../event-types/projections.ts';
import { removeFactors } from '../factors/remove.ts';
import { mayAct } from '../permissions/account-state.ts';
import { systemClock } from '../runtime/clock.ts';
import { withTransaction } from '../storage/database.ts';
import { reachDatabase } from '../storage/reach.ts';
import { Append, type Outcome } from '../stream/append.ts';
import { Projections } from '../stream/projections.ts';
import { CommandRefused, commandLog, exactly, print, readConfig, UsageError } from './command.ts';

/**
 * `parley user …`: manages accounts from the shell of the server, whether or not it is running. No
 * password is typed or shown: users set their own with a link.
 */
export async function user([what = '', ...args]: readonly string[]): Promise<number> {
  const config = readConfig();
  const work = WORK[what];
  if (work === undefined || !Object.hasOwn(WORK, what)) {
    throw new UsageError(what === '' ? 'Missing subcommand' : `Unknown subcommand: ${what}`);
  }
  const run = work(args, config);
  const { database, close } = await reachDatabase(config, commandLog(config), { pipelined: true });
  try {
    await run(database.pool);
  } finally {
    await close();
  }
  return 0;
}

type Work = (args: readonly string[], config: Config) => (pool: pg.Pool) => Promise<void>;

/** The roles of accounts that the command creates. */
const ROLES: readonly string[] = ['member', 'admin', 'owner'];

const WORK: Readonly<Record<string, Work>> = {
  list: (args) => {
    exactly(args);
    return list;
  },
  add: (args, config) => {
    const [username, email, role] = exactly(
      args,
      ...['NAME', 'EMAIL', 'ROLE'].slice(0, Math.max(2, args.length)),
    );
    // Guests need groups, which only an admin in the web client can choose.
    if (role !== undefined && !ROLES.includes(role)) {
      throw new UsageError(`ROLE must be one of ${ROLES.join(', ')}`);
    }
    const body = CreateAccountBody.safeParse({ username, displayName: username, email, role });
    if (!body.success) {
      throw new CommandRefused(body.error.issues.map((issue) => issue.message).join('\n'));
    }
    return (pool) => add(pool, body.data, config);
  },
  link: (args, config) => {
    const [name = ''] = exactly(args, 'NAME');
    return async (pool) => giveLink(pool, await find(pool, name), config);
  },
  unsuspend: (args, config) => {
    const [name = ''] = exactly(args, 'NAME');
    return async (pool) => unsuspend(pool, await find(pool, name), name, config);
  },
  'drop-factors': (args, config) => {
    const [name = ''] = exactly(args, 'NAME');
    return async (pool) => dropFactors(pool, await find(pool, name), name, config);
  },
};

/** Prints one line per account: username, role, active, suspended or deactivated, email address. */
async function list(pool: pg.Pool): Promise<void> {
  const { rows } = await pool.query<{ line: string }>(
    `select format(e'%s\\t%s\\t%s\\t%s', username, role,
       case when not is_active then 'deactivated' when ${mayAct('a')} then 'active' else 'suspended' end,
       coalesce(email, '-')) as line
     from accounts a where deleted_at is null order by username_key`,
  );
  for (const { line } of rows) process.stdout.write(`${line}\n`);
}

/** Creates an account without a password. */
async function add(
  pool: pg.Pool,
  { username, displayName, email, role }: CreateAccountBody,
  config: Config,
): Promise<void> {
  const account = await withAppend(pool, config, async (append, audit) => {
    await bootstrapEveryone(append);
    const registered = await registerAccount(append, {
      username,
      displayName,
      email,
      passwordHash: null,
      audit,
      ...(role !== undefined && { role }),
    });
    assertStored(registered.outcome);
    return registered.account;
  });
  await giveLink(pool, account, config);
}

/** Unsuspends an account, even the only owner. */
async function unsuspend(
  pool: pg.Pool,
  account: AccountId,
  name: string,
  config: Config,
): Promise<void> {
  const { rowCount } = await pool.query(
    'select from accounts where id = $1 and suspended_until > now()',
    [account],
  );
  if (rowCount === 0) return print(`${name} is not suspended.`);
  await withAppend(pool, config, async (append, audit) => {
    assertStored(await unsuspendOnServer(append, account, audit));
  });
  print(`${name} is no longer suspended.`);
}

/**
 * Runs work that stores events. A running server publishes them within two seconds, at its next
 * comparison of heads.
 */
async function withAppend<T>(
  pool: pg.Pool,
  config: Config,
  work: (append: Append, audit: Auditing) => Promise<T>,
): Promise<T> {
  const log = commandLog(config);
  const append = new Append({
    pool,
    clock: systemClock,
    log,
    projections: new Projections(PROJECTIONS),
    visibility: EVENT_VISIBILITY,
    publish: () => undefined,
  });
  try {
    return await work(append, {
      log: new AuditLog({ pool, clock: systemClock, log }),
      address: null,
    });
  } finally {
    await append.close();
  }
}

/** @throws with the reason of a command that was rejected, or whose outcome is unknown */
function assertStored(outcome: Outcome): void {
  if (outcome.kind === 'refused') {
    const { message, errors } = outcome.refusal;
    // The message of a refusal may be that of its only error.
    const lines = new Set([message, ...(errors ?? []).map((e) => e.message)]);
    throw new CommandRefused([...lines].join('\n'));
  }
  if (outcome.kind === 'unknown')
    throw new Error(
      'the database connection was lost, so the change may or may not be stored; run: parley user list',
    );
}

async function giveLink(pool: pg.Pool, account: AccountId, config: Config): Promise<void> {
  const server = config.publicUrl ?? `http://localhost:${config.port}`;
  const link = await makeResetLink(new Tickets(pool, systemClock), server, account);
  print(
    'Open this link to set the password. It works once, expires in 30 minutes, and ends all sessions:',
  );
  process.stdout.write(`${link}\n`);
}

/** The running server closes the sockets of the ended sessions within two seconds. */
async function dropFactors(
  pool: pg.Pool,
  account: AccountId,
  name: string,
  config: Config,
): Promise<void> {
  const audit = new AuditLog({ pool, clock: systemClock, log: commandLog(config) });
  const note = audit.note({ event: 'factors_reset', account, actor: null, address: null });
  await withTransaction(pool, async (client) => {
    await removeFactors(account, client);
    await client.query('delete from sessions where account_id = $1', [account]);
    await note.store(client);
  });
  note.log();
  print(`Removed the second factors of ${name} and ended all sessions.`);
}

async function find(pool: pg.Pool, name: string): Promise<AccountId> {
  const { rows } = await pool.query<{ id: AccountId; is_active: boolean }>(
    'select id, is_active from accounts where username_key = $1 and deleted_at is null',
    [usernameKey(name)],
  );
  const [found] = rows;
  if (!found) throw new CommandRefused(`There is no account named ${name}.`);
  if (!found.is_active) throw new CommandRefused(`The account ${name} is deactivated.`);
  return found.id;
}
