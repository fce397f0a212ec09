import { type ConversationId, streamOfConversation } from '@parley/protocol';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { endPool, startTestDatabase, type TestCluster } from '../../test/support/database.ts';
import {
  aBootstrappedAppend,
  asking,
  aUser,
  conversationIn,
  says,
} from '../../test/support/domain-builders.ts';
import { until } from '../../test/support/sink.ts';
import { testLog } from '../../test/support/test-log.ts';
import { openDirect } from '../conversations/commands.ts';
import { NotificationDecider } from './decider.ts';

/** How long messages are posted without a pause, ms. */
const POSTING_MS = 1_400;

let cluster: TestCluster;
let pool: pg.Pool;
/** The pool of the decider alone. */
let own: pg.Pool;

beforeAll(async () => {
  const database = await startTestDatabase();
  cluster = database;
  ({ pool } = await database.open());
  own = new pg.Pool({ ...pool.options, max: 2 });
});

afterAll(async () => {
  await endPool(own);
  await cluster.stop();
});

test('under load, decides about the messages of half a second in one transaction', async () => {
  const append = await aBootstrappedAppend(pool);
  const [ann, bob] = [await aUser(append, 'ann'), await aUser(append, 'bob')];
  const id: ConversationId = conversationIn(await openDirect(append, asking(ann), [bob]));
  let uses = 0;
  own.on('acquire', () => uses++);
  const decider = new NotificationDecider({
    pool: own,
    clock: { now: () => Date.now() },
    log: testLog,
  });
  decider.start();
  // Its search at the start.
  let before = -1;
  await until(() => {
    const isIdle = own.totalCount === own.idleCount && uses === before;
    before = uses;
    return isIdle;
  }, 'the first run to end');
  let posted = 0;
  for (const end = performance.now() + POSTING_MS; performance.now() < end; posted++) {
    await says(append, ann, id, `message ${posted}`);
    decider.hint([{ stream: streamOfConversation(id), type: 'message.posted' }]);
  }
  const whilePosting = uses - before;
  await until(async () => {
    const { rows } = await pool.query('select count(*)::int as n from notification_decisions');
    return rows[0].n === posted;
  }, 'all messages to be decided');
  await decider.stop();
  expect(posted).toBeGreaterThan(20);
  // At most one each half second, plus one search for what other nodes left.
  expect(whilePosting).toBeLessThan(6);
});
