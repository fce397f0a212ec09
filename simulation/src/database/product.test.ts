import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { insertAccounts, runProduct } from '../../test/product-commands.ts';
import { SteppedScheduler } from '../../test/stepped-scheduler.ts';
import { DatabaseModel } from './model.ts';
import { STATEMENTS, UnknownStatement } from './statements/all.ts';

const SERVER = fileURLToPath(new URL('../../../packages/server/src', import.meta.url));
/** The modules of the delivery path. */
const FOLDERS = [
  'stream',
  'live',
  'messages',
  'conversations',
  'retention',
  'user-groups',
  'legal-holds',
];
/** Statements of the doctor, and of requests that no simulated client sends. */
const OTHERS = [
  // Of files: no simulated client attaches any.
  'attachments-files',
  'attachments-added',
  'attachments-attached',
  'attachments-detached',
  // Suggestions of user groups, which no simulated client asks for.
  'mention-suggestions-user-groups',
  // Lists of legal holds, of groups to hold, and their files.
  'legal-holds-page',
  'legal-holds-groups',
  'legal-holds-file',
  // Lists of those who voted, which no simulated client asks for.
  'polls-voters',
  // Events that only the web client shows between messages.
  'messages-timeline-events',
  // No simulated server has custom emoji.
  'mentions-emoji',
  'reactions-emoji',
  // Scheduled messages, and who may create groups.
  'scheduled-redact',
  'conversations-creator',
  // Bulk deletions by admins, in the background.
  'messages-to-bulk-delete',
  'messages-bulk-deletion-running',
  'messages-bulk-deleted',
  // No simulated moderator hides a message.
  'messages-keep-hidden',
  'messages-hidden',
  'messages-unhidden',
  'messages-to-hide',
  'messages-to-unhide',
  'messages-hidden-as-server-admin',
  'messages-texts-restored',
  'messages-hidden-one',
  'attachments-restored',
  'parts-restored',
  // Forwarded messages.
  'messages-forwarded',
  // Link previews: no simulated message has a link.
  'link-jobs-posted',
  'messages-target-preview',
  'link-jobs-edited',
  'link-jobs-done',
  'link-jobs-one',
  'link-previews-attached',
  'link-previews-files',
  'link-previews-replaced',
  'link-previews-added',
  'stream-read-logs',
  'stream-read-some-logs',
  'read-cursors-unread',
  'messages-seen-by',
  'messages-seq-at',
  // Changes of members to guests and back by admins.
  'conversations-is-guest',
  'conversations-groups-of-guest',
  'conversations-only-owner',
  // How long a group keeps messages, and how many a change would delete, for the settings.
  'retention-of',
  'retention-count-in',
  'retention-count',
  // Lists of user groups, and the deletion of accounts.
  'user-groups-all',
  'user-groups-one',
  'user-groups-member-deleted',
];

function aModel() {
  const scheduler = new SteppedScheduler(1);
  const model = new DatabaseModel({ scheduler, epoch: '00000000-0000-4000-8000-000000000001' });
  insertAccounts(model);
  return { scheduler, model };
}

test('the model has every statement that the commands and reads of the delivery path send', async () => {
  const { scheduler, model } = aModel();
  const used = new Set<string>();
  model.statementFault = (name) => {
    used.add(name);
    return null;
  };
  const pool = model.pool().asPool;
  const appendPool = model.pool({ max: 5, pipelined: true }).asPool;
  await scheduler.until(runProduct(pool, appendPool), 600_000);
  expect([...STATEMENTS.keys()].filter((name) => !used.has(name))).toEqual([]);
});

test('the model has every statement in the modules of the delivery path', () => {
  const names = FOLDERS.flatMap((folder) =>
    readdirSync(join(SERVER, folder))
      .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
      .flatMap((file) => statementNamesIn(readFileSync(join(SERVER, folder, file), 'utf8'))),
  );
  expect(names.length).toBeGreaterThan(40);
  expect(names.filter((name) => !STATEMENTS.has(name) && !OTHERS.includes(name))).toEqual([]);
});

/** Returns the names of prepared statements in a source text: of `pg`, given to a transaction, or over lists. */
const statementNamesIn = (source: string): string[] =>
  [
    ...source.matchAll(/\bname: '([a-z-]+)',\n\s*(?:\/\/.*\n\s*)*text:/g),
    ...source.matchAll(/\.(?:issue|query)(?:<[^(]*>)?\(\s*'([a-z-]+)',/g),
    ...source.matchAll(/\blistStatement\(\s*'([a-z-]+)',/g),
  ].map(([, name]) => name as string);

test('an unknown statement, and one whose text has changed, are named', async () => {
  const { scheduler, model } = aModel();
  for (const [query, message] of [
    [{ name: 'messages-new', text: 'select 1' }, /statement messages-new/],
    [{ name: 'messages-reactions', text: 'select 2' }, /messages-reactions has changed/],
    [{ text: 'select 3' }, /without a name: select 3/],
  ] as const) {
    void model.pool().query(query);
    const failed = scheduler.run(100).catch((error: unknown) => error);
    expect(await failed).toBeInstanceOf(UnknownStatement);
    expect(await failed).toMatchObject({ message: expect.stringMatching(message) });
  }
});
