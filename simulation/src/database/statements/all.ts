import { UPDATE } from '../tables/row.ts';
import { conversationProjectionStatements, conversationRuleStatements } from './conversations.ts';
import { hiddenMessageStatements } from './hidden.ts';
import { legalHoldStatements } from './legal-holds.ts';
import { mentionStatements } from './mentions.ts';
import { messageErasureStatements } from './message-erasure.ts';
import { messageRuleStatements } from './message-rules.ts';
import { messageProjectionStatements } from './messages.ts';
import { peopleStatements, unnamedPeopleStatements } from './people.ts';
import { pollStatements } from './polls.ts';
import { reactionAndPinStatements } from './reactions-and-pins.ts';
import { readCursorStatements } from './read-cursors.ts';
import { messageReadStatements } from './reads.ts';
import { retentionStatements } from './retention.ts';
import { accountStatements, snapshotStatements } from './snapshots.ts';
import { digestOfText, reads, type Statement, selected, writes } from './statement.ts';
import { streamStatements } from './stream.ts';
import { threadCursorStatements } from './thread-cursors.ts';
import { threadStatements } from './threads.ts';
import { userGroupStatements } from './user-groups.ts';

/**
 * All statements that the model knows, by the name under which the product prepares them. A
 * statement whose text has changed is unknown: decide what the change means for its function, then
 * update the digest.
 */
export const STATEMENTS: ReadonlyMap<string, Statement> = new Map(
  [
    ...streamStatements,
    ...messageRuleStatements,
    ...messageProjectionStatements,
    ...mentionStatements,
    ...reactionAndPinStatements,
    ...messageErasureStatements,
    ...hiddenMessageStatements,
    ...legalHoldStatements,
    ...messageReadStatements,
    ...conversationRuleStatements,
    ...conversationProjectionStatements,
    ...snapshotStatements,
    ...readCursorStatements,
    ...threadStatements,
    ...threadCursorStatements,
    ...pollStatements,
    ...retentionStatements,
    ...userGroupStatements,
    ...accountStatements,
    ...peopleStatements,
  ].map((statement) => [statement.name, statement]),
);

/** The statements without a name, by their text. */
const UNNAMED: ReadonlyMap<string, Statement> = new Map([
  ['select epoch from server_state', reads('epoch', '', ({ tables }) => [{ epoch: tables.epoch }])],
  ['select 1', reads('one', '', () => [{ '?column?': 1 }])],
  // Only one hold is placed in a simulation.
  [
    'lock table legal_holds in share row exclusive mode',
    { name: 'lock', digest: '', run: () => ({ command: 'LOCK', rowCount: null, rows: [] }) },
  ],
  // Sent by an administrator, not by the product.
  [
    'select from streams where id = $1 for update',
    writes('hold-stream', '', function* (tx, [id]) {
      for (const row of tx.tables.streamsById.find(id as string)) yield* tx.lock(row, UPDATE);
      return selected([]);
    }),
  ],
]);

/** The longer statements without a name, by the digests of their texts. */
const UNNAMED_BY_DIGEST: ReadonlyMap<string, Statement> = new Map(
  unnamedPeopleStatements.map((statement) => [statement.digest, statement]),
);

/** The product has sent a statement that the model does not know. */
export class UnknownStatement extends Error {
  override name = 'UnknownStatement';
}

const recognizedUnnamed = new Map<string, Statement>();
const recognized = new Map<string, { readonly text: string; readonly statement: Statement }>();

/** Returns the texts of the statements that were sent so far, by their names. */
export const knownTexts = (): ReadonlyMap<string, string> =>
  new Map([...recognized].map(([name, { text }]) => [name, text]));

/**
 * Returns the statement with this name and exactly this text.
 *
 * @throws {UnknownStatement} naming it
 */
export function statementOf(name: string | undefined, text: string): Statement {
  if (name === undefined) return unnamedStatementOf(text);
  const known = recognized.get(name);
  if (known?.text === text) return known.statement;
  const statement = STATEMENTS.get(name);
  if (!statement) throw new UnknownStatement(`The model does not know the statement ${name}`);
  const digest = digestOfText(text);
  if (digest !== statement.digest) {
    throw new UnknownStatement(
      `The text of the statement ${name} has changed: check what it does in the model, then set its digest to ${digest}`,
    );
  }
  recognized.set(name, { text, statement });
  return statement;
}

function unnamedStatementOf(text: string): Statement {
  const known = recognizedUnnamed.get(text);
  if (known) return known;
  const digest = digestOfText(text);
  const statement = UNNAMED.get(text.trim()) ?? UNNAMED_BY_DIGEST.get(digest);
  if (!statement) {
    throw new UnknownStatement(
      `The model does not know this statement without a name: ${text} (digest: ${digest})`,
    );
  }
  recognizedUnnamed.set(text, statement);
  return statement;
}
