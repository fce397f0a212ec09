import { beforeAll, expect, test } from 'vitest';
import { simulate } from '../test/simulate.ts';

/**
 * Seeds of schedules that violated a guarantee, with the defect that each one found. Changes of the
 * product and of the plans change the effect of a seed, so each defect also has a test of its module.
 */
const SEEDS = [
  [74, 'a command deferred for more than five seconds lost its place to a later one of its sender'],
  [355, 'a client requested events of an ended membership that were about to be sent'],
  [601, 'a tab switched to another tab’s connection although a command of it was deferred'],
  [635, 'an account that left, rejoined and left again received what was posted between its stays'],
  [
    1_198,
    'an export looked complete although its legal hold was released while the last conversation was read',
  ],
  [3_096, 'the checker did not expect a guest to be told of the end of its membership'],
  [8_013, 'the checker did not expect a stored copy of a command that a restore has undone'],
  [
    9_007,
    'the checker took an account that had joined before the first message for a member throughout',
  ],
  [20_038, 'a tab switched to another tab’s connection although a command of it was deferred'],
  [30_001, 'a tab received the snapshot of a conversation that the account had left meanwhile'],
  [100_426, 'a late report that a thread was read brought back an unfollowed thread'],
  [600_240, 'a thread whose replies were deleted during a load was mistaken for an unfollowed one'],
  [700_739, 'a tab applied the events of a conversation that the account had left meanwhile again'],
  [5_200_243, 'a deferred command of a tab was sent again behind its later, rate-limited ones'],
  [7_089_641, 'a client trusted the event of a hidden reply instead of the count from the server'],
  [8_200_003, 'a client kept the threads that it had loaded before a restore'],
  [18_100_638, 'a fault killed a node before its flush, behind a canceled task of the same turn'],
  [
    41_000_045,
    'replies in a followed thread stayed unread in the client after the account replied',
  ],
  [41_000_568, 'the checker expected an answer from before a restore in the restored log'],
  [
    50_262_386,
    'a connection was live without the events of other nodes whose hints were lost, and its tab then used another one',
  ],
  [92_172_773, 'a killed node left a flush unfinished, and no node wrote frames anymore'],
  [
    731_001_292,
    'the checker did not expect an ack for another text of a message whose hiding a restore undid',
  ],
  [
    990_000_694,
    'a thread cursor that a request had been answered moved back when a reply with a mention was deleted',
  ],
  [
    771_001_927,
    'the checker took an answer right after a restore for one from before it, though the log has its event',
  ],
] as const;

let output = '';
beforeAll(async () => {
  // In one process: most of the time of a schedule of its own is loading the modules.
  const seeds = SEEDS.map(([seed]) => seed).join(',');
  ({ output } = await simulate('--seed', seeds, '--brief'));
}, 300_000);

test.each(SEEDS)('the schedule of seed %i keeps every guarantee (%s)', (seed) => {
  expect(output).toContain(`Seed ${seed}: every guarantee was kept.`);
});
