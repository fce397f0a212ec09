import type pg from 'pg';

/** A statement of a {@link Pipeline}, until it is answered. */
interface Statement {
  readonly name: string;
  readonly text: string;
  readonly values: readonly (string | Buffer | null)[];
  /** Null if the rows are not needed. */
  readonly rows: Row[] | null;
  readonly resolve: ((answer: Answer) => void) | null;
  readonly reject: ((error: Error) => void) | null;
}

type Row = Record<string, unknown>;

/** The answer to a statement. */
interface Answer {
  readonly rows: Row[];
  /** The command tag, `COMMIT` for example. */
  readonly tag: string;
}

/** A statement that is prepared on a connection. */
interface Prepared {
  readonly text: string;
  readonly columns: readonly Column[];
}

interface Column {
  readonly name: string;
  readonly parse: (text: string) => unknown;
}

/** Prefix of our statement names, so that they do not collide with those that `pg` prepares itself. */
const NAMES = 'pipeline ';

/** The prepared statements of each connection, by their names. */
const preparedOn = new WeakMap<pg.ClientBase, Map<string, Prepared>>();

/**
 * The statements of one transaction, sent in groups: all that are issued in one turn of the event
 * loop are sent and answered together, with one system call on each side instead of one per
 * statement. Statements issued while a group is in flight form the next one.
 *
 * 1. PostgreSQL executes statements in the order in which they were issued.
 * 2. After one fails, no later one is executed, in its group or after it: all are rejected with its
 *    error. So an answer to COMMIT means that every statement before it succeeded.
 * 3. A statement whose values cannot be encoded fails in the same way, before it is sent.
 */
export class Pipeline {
  readonly #client: pg.ClientBase;
  readonly #prepared: Map<string, Prepared>;
  /** The texts of the statements of this transaction, by their names. */
  readonly #texts = new Map<string, string>();
  #open: Statement[] = [];
  #inFlight = false;
  #failure: Error | null = null;

  constructor(client: pg.ClientBase) {
    this.#client = client;
    this.#prepared = preparedOn.get(client) ?? new Map();
    preparedOn.set(client, this.#prepared);
  }

  /** The error of the first failed statement; null if none has failed. */
  get failure(): Error | null {
    return this.#failure;
  }

  /** Executes a statement, prepared under `name` on this connection, and returns its rows. */
  query<R>(name: string, text: string, values: readonly unknown[]): Promise<R[]> {
    const rows = this.#execute(name, text, values, []).then((answer) => answer.rows as R[]);
    // The following statements report the error, also when nothing waits for these rows.
    rows.catch(() => undefined);
    return rows;
  }

  /** Executes a command without values, and returns its tag, `COMMIT` for example. */
  async command(text: string): Promise<string> {
    const { tag } = await this.#execute(text, text, [], null);
    return tag;
  }

  /** Issues a statement whose answer is not needed: if it fails, so do the following ones. */
  issue(name: string, text: string, values: readonly unknown[]): void {
    this.#add(name, text, values, { rows: null, resolve: null, reject: null });
  }

  #execute(
    name: string,
    text: string,
    values: readonly unknown[],
    rows: Row[] | null,
  ): Promise<Answer> {
    return new Promise<Answer>((resolve, reject) => {
      this.#add(name, text, values, { rows, resolve, reject });
    });
  }

  #add(
    name: string,
    text: string,
    values: readonly unknown[],
    answer: Pick<Statement, 'rows' | 'resolve' | 'reject'>,
  ): void {
    if (this.#failure === null) {
      try {
        const known = this.#prepared.get(name)?.text ?? this.#texts.get(name) ?? text;
        this.#texts.set(name, known);
        if (known !== text) throw new Error(`Two statements have the name ${name}`);
        const { rows, resolve, reject } = answer;
        this.#open.push({ name, text, values: values.map(encodeValue), rows, resolve, reject });
        if (this.#open.length === 1 && !this.#inFlight) process.nextTick(() => this.#send());
        return;
      } catch (error) {
        this.#fail(error as Error);
      }
    }
    answer.reject?.(this.#failure as Error);
  }

  #send(): void {
    const statements = this.#open;
    if (statements.length === 0) return;
    this.#open = [];
    this.#inFlight = true;
    const group = new Group(statements, this.#prepared, this.#client, (error) => {
      this.#inFlight = false;
      if (error) this.#fail(error);
      else this.#send();
    });
    this.#client.query(group);
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    for (const statement of this.#open.splice(0)) statement.reject?.(this.#failure);
  }
}

/** The methods that pg calls on custom queries, besides `submit`. */
interface QueryHandlers extends pg.Submittable {
  /** Called by pg when the query is finished; pg wraps it to stop the timer of `query_timeout`. */
  callback: (error?: Error | null) => void;
  handleRowDescription(message: { readonly fields: readonly pg.FieldDef[] }): void;
  handleDataRow(message: { readonly fields: readonly (string | null)[] }): void;
  handleCommandComplete(message: { readonly text: string }): void;
  handleReadyForQuery(): void;
  handleError(error: Error): void;
}

/** The messages of PostgreSQL’s extended query protocol that `@types/pg` describes for old versions. */
interface Wire {
  readonly stream: { cork(): void; uncork(): void };
  parse(message: { name: string; text: string }): void;
  bind(message: { statement: string; values: readonly unknown[] }): void;
  describe(message: { type: 'S'; name: string }): void;
  close(message: { type: 'S'; name: string }): void;
  execute(): void;
  sync(): void;
}

/** Statements that are sent together, up to one Sync: PostgreSQL answers them with one write. */
class Group implements QueryHandlers {
  callback: (error?: Error | null) => void;
  readonly #statements: readonly Statement[];
  readonly #prepared: Map<string, Prepared>;
  readonly #client: pg.ClientBase;
  readonly #onEnd: (error: Error | null) => void;
  readonly #tags: string[] = [];
  /** The columns of the statement that is being answered, if it is new on this connection. */
  #described: readonly Column[] = [];
  #ended = false;

  constructor(
    statements: readonly Statement[],
    prepared: Map<string, Prepared>,
    client: pg.ClientBase,
    onEnd: (error: Error | null) => void,
  ) {
    this.#statements = statements;
    this.#prepared = prepared;
    this.#client = client;
    this.#onEnd = onEnd;
    this.callback = () => undefined;
  }

  submit(connection: pg.Connection): void {
    const wire = connection as unknown as Wire;
    const preparing = new Set<string>();
    wire.stream.cork();
    try {
      for (const { name, text, values } of this.#statements) {
        const prepared = NAMES + name;
        if (!this.#prepared.has(name) && !preparing.has(name)) {
          preparing.add(name);
          // A failed statement may still have been prepared. Closing a missing one is not an error.
          wire.close({ type: 'S', name: prepared });
          wire.parse({ name: prepared, text });
          wire.describe({ type: 'S', name: prepared });
        }
        wire.bind({ statement: prepared, values });
        wire.execute();
      }
      wire.sync();
    } finally {
      wire.stream.uncork();
    }
  }

  handleRowDescription({ fields }: { readonly fields: readonly pg.FieldDef[] }): void {
    this.#described = fields.map(({ name, dataTypeID }) => ({
      name,
      parse: this.#client.getTypeParser(dataTypeID, 'text') as Column['parse'],
    }));
  }

  handleDataRow({ fields }: { readonly fields: readonly (string | null)[] }): void {
    const statement = this.#statements[this.#tags.length];
    if (!statement?.rows) return;
    const columns = this.#prepared.get(statement.name)?.columns ?? this.#described;
    const row: Row = {};
    for (const [n, { name, parse }] of columns.entries()) {
      const text = fields[n] ?? null;
      row[name] = text === null ? null : parse(text);
    }
    statement.rows.push(row);
  }

  handleCommandComplete({ text: tag }: { readonly text: string }): void {
    const statement = this.#statements[this.#tags.length];
    this.#tags.push(tag);
    if (!statement || this.#prepared.has(statement.name)) return;
    this.#prepared.set(statement.name, { text: statement.text, columns: this.#described });
    this.#described = [];
  }

  handleReadyForQuery(): void {
    this.#end(null);
  }

  /** A statement failed, or the connection was lost. */
  handleError(error: Error): void {
    this.#end(error);
  }

  #end(error: Error | null): void {
    if (this.#ended) return;
    this.#ended = true;
    this.callback(error);
    this.#onEnd(error);
    for (const [n, { rows, resolve, reject }] of this.#statements.entries()) {
      const tag = this.#tags[n];
      if (tag !== undefined) resolve?.({ rows: rows ?? [], tag });
      else reject?.(error ?? new Error('A statement was not answered'));
    }
  }
}

/** Returns a value in PostgreSQL’s text format, or binary if it is a buffer. */
function encodeValue(value: unknown): string | Buffer | null {
  if (value === null || value === undefined) return null;
  if (typeof value === 'string') return value;
  if (Buffer.isBuffer(value)) return value;
  if (Array.isArray(value)) return encodeArray(value);
  if (value instanceof Date) return value.toISOString();
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** Returns an array literal (https://www.postgresql.org/docs/current/arrays.html#ARRAYS-IO). */
function encodeArray(values: readonly unknown[]): string {
  let literal = '{';
  for (const [n, value] of values.entries()) {
    if (n > 0) literal += ',';
    if (typeof value === 'number' || typeof value === 'boolean') {
      literal += value;
      continue;
    }
    const item = encodeValue(value);
    if (item === null) literal += 'NULL';
    else if (typeof item !== 'string') literal += `"\\\\x${item.toString('hex')}"`;
    else if (Array.isArray(value)) literal += item;
    else literal += `"${escapeItem(item)}"`;
  }
  return `${literal}}`;
}

/** Escapes quotes and backslashes. Most items have neither, and finding that out is faster than replacing. */
function escapeItem(item: string): string {
  if (!item.includes('"') && !item.includes('\\')) return item;
  return item.replace(/[\\"]/g, '\\$&');
}
