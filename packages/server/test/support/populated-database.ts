import type { AccountId, ConversationId, Seq } from '@parley/protocol';
import type pg from 'pg';
import { joinGroup, leaveGroup } from '../../src/conversations/members.ts';
import { renameGroup } from '../../src/conversations/settings.ts';
import type { Finding } from '../../src/doctor/doctor.ts';
import {
  addReaction,
  deleteMessage,
  editMessage,
  pinMessage,
  postMessage,
  removeReaction,
  unpinMessage,
} from '../../src/messages/commands.ts';
import { ReadCursors } from '../../src/messages/read-cursors/read-cursors.ts';
import { unfollowThread } from '../../src/personal/follow-commands.ts';
import type { Append } from '../../src/stream/append.ts';
import { type TestCluster, testLog } from './database.ts';
import {
  aBootstrappedAppend,
  about,
  aDirect,
  aRealGroup,
  aUser,
  says,
  stored,
} from './domain-builders.ts';
import { aClientId } from './stream-builders.ts';

/** A database with data of every kind, and what the tests look at. */
export interface PopulatedDatabase {
  readonly pool: pg.Pool;
  readonly append: Append;
  readonly users: readonly [AccountId, AccountId, AccountId];
  readonly group: ConversationId;
  /** A message that was edited, has a reaction and is pinned. */
  readonly message: Seq;
  readonly deleted: Seq;
  /** A message whose pin was removed. */
  readonly unpinned: Seq;
}

/** Creates a database with messages, edits, deletions, reactions, pins, membership periods and cursors. */
export async function aPopulatedDatabase(cluster: TestCluster): Promise<PopulatedDatabase> {
  const { pool } = await (await cluster.fresh()).open();
  const append = await aBootstrappedAppend(pool);
  const users = [
    await aUser(append, 'ada'),
    await aUser(append, 'bob'),
    await aUser(append, 'cyd'),
  ] as const;
  const [ada, bob, cyd] = users;
  const group = await aRealGroup(append, [ada, bob, cyd]);
  const direct = await aDirect(append, ada, bob);
  await says(append, bob, direct, 'between us');
  const message = await says(append, ada, group, 'hello');
  await editMessage(append, about(ada, group), message, 'hello all');
  await addReaction(append, about(bob, group), message, '👍');
  await addReaction(append, about(cyd, group), message, '👍');
  await removeReaction(append, about(cyd, group), message, '👍');
  await addReaction(append, about(bob, group), message, '👍');
  const deleted = await says(append, bob, group, 'a mistake');
  await deleteMessage(append, about(bob, group), deleted);
  await pinMessage(append, about(bob, group), message);
  const unpinned = await says(append, bob, group, 'no longer pinned');
  await pinMessage(append, about(bob, group), unpinned);
  await unpinMessage(append, about(ada, group), unpinned);
  await leaveGroup(append, about(cyd, group));
  await says(append, ada, group, 'while cyd is away');
  await joinGroup(append, about(cyd, group));
  await renameGroup(append, about(ada, group), 'friends');
  const place = { thread: message, alsoInConversation: false };
  const reply = await postMessage(append, about(bob, group), 'in the thread, @ada', {
    inThread: place,
  });
  await deleteMessage(append, about(bob, group), stored(reply).seq);
  await postMessage(append, about(cyd, group), 'also here', {
    inThread: {
      ...place,
      alsoInConversation: true,
    },
  });
  const follow = { actor: bob, clientId: aClientId(), conversation: group, thread: message };
  await unfollowThread(append, follow);
  await new ReadCursors(pool, testLog).move(bob, group, message);
  return { pool, append, users, group, message, deleted, unpinned };
}

/** Returns the findings in short form. */
export const kinds = (findings: readonly Finding[]) =>
  findings.map(
    (f) => `${f.kind} ${f.table} ${f.count}${f.repairable ? '' : ' (cannot be repaired)'}`,
  );

/** Returns the rows of the domains’ tables. */
export async function contents(pool: pg.Pool): Promise<Record<string, object[]>> {
  const tables = ['streams', 'events', 'accounts', 'conversations', 'memberships', 'messages'];
  const all: Record<string, object[]> = {};
  for (const table of [...tables, 'reactions', 'pins']) {
    const { rows } = await pool.query(`select t.* from ${table} t order by 1, 2, 3`);
    all[table] = rows;
  }
  return all;
}

/** Returns the same without the state that no event stores. */
export function withoutCursors(all: Record<string, object[]>): unknown {
  return {
    ...all,
    memberships: all.memberships?.map((row) => ({ ...row, read_seq: 0 })),
    accounts: all.accounts?.map((row) => ({ ...row, read_version: 0 })),
  };
}
