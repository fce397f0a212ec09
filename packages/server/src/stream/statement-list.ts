import type { Statement } from './stream-transaction.ts';

/**
 * Collects the statements of a decision. It can be passed instead of a connection to a function that
 * only writes.
 */
export class StatementList {
  readonly statements: Statement[] = [];

  /** Adds a statement. */
  query(statement: Statement): Promise<void> {
    this.statements.push(statement);
    return Promise.resolve();
  }
}
