import pg from 'pg';

/** Returns an error as PostgreSQL reports it. */
export function databaseError(
  code: string,
  message: string,
  { constraint, table }: { constraint?: string | null; table?: string } = {},
): pg.DatabaseError {
  const error = new pg.DatabaseError(message, message.length, 'error');
  error.code = code;
  error.severity = code.startsWith('57P') || code === '25P03' ? 'FATAL' : 'ERROR';
  error.constraint = constraint ?? undefined;
  error.table = table;
  return error;
}

/** Two rows have the same unique key. */
export const uniqueViolation = (constraint: string, table: string) =>
  databaseError('23505', `duplicate key value violates unique constraint "${constraint}"`, {
    constraint,
    table,
  });

/** A row refers to one that does not exist. */
export const foreignKeyViolation = (constraint: string, table: string) =>
  databaseError(
    '23503',
    `insert on table "${table}" violates foreign key constraint "${constraint}"`,
    {
      constraint,
      table,
    },
  );

/** A value that a check constraint forbids. */
export const checkViolation = (constraint: string, table: string) =>
  databaseError(
    '23514',
    `new row for relation "${table}" violates check constraint "${constraint}"`,
    {
      constraint,
      table,
    },
  );

/** A statement behind one that failed. */
export const abortedTransaction = () =>
  databaseError(
    '25P02',
    'current transaction is aborted, commands ignored until end of transaction block',
  );

/** A transaction was chosen to end a deadlock. */
export const deadlock = () => databaseError('40P01', 'deadlock detected');
/** A lock was waited for too long. */
export const lockTimeout = () => databaseError('55P03', 'canceling statement due to lock timeout');
/** A statement took too long. */
export const statementTimeout = () =>
  databaseError('57014', 'canceling statement due to statement timeout');
/** A transaction waited too long for its next statement. */
export const idleInTransaction = () =>
  databaseError('25P03', 'terminating connection due to idle-in-transaction timeout');
/** The connection was ended by the shutdown of the database. */
export const terminated = () =>
  databaseError('57P01', 'terminating connection due to administrator command');
/** The database was restarted and does not accept connections yet. */
export const startingUp = () => databaseError('57P03', 'the database system is starting up');

/** The error of `pg` when the connection ends while it waits for an answer. */
export const connectionLost = () => new Error('Connection terminated unexpectedly');
/** The error of `pg` when a query is sent on a connection that was lost. */
export const notQueryable = () =>
  new Error('Client has encountered a connection error and is not queryable');

/** The error of a connection attempt while no database listens. */
export function connectionRefused(): Error {
  return Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:5432'), {
    code: 'ECONNREFUSED',
    syscall: 'connect',
  });
}
