import { PLANTED_FAULTS as CHAOS } from '@parley/chaos/planted-faults/planted-faults';
import { GUEST_FAULTS } from './guests.ts';
import { HIDDEN_FAULTS } from './hidden.ts';
import type { PackageEdit, PlantedFault } from './planted-fault.ts';
import { READY_FAULTS } from './ready.ts';
import { RETENTION_FAULTS } from './retention.ts';
import { TAB_FAULTS } from './tabs.ts';
import { THREAD_FAULTS } from './threads.ts';
import { USER_GROUP_FAULTS } from './user-groups.ts';

/**
 * Defects that are planted to prove that the simulation finds them. Module hooks edit the built modules of
 * the product as they are loaded.
 */

/** Planted faults of the chaos runs that are planted here as they are. */
const SHARED = [
  'swapped-outcomes',
  'drop-publish',
  'drop-for-good',
  'deliver-twice',
  'false-ack',
  'late-subscription',
  'live-at-once',
  'hidden-kept',
  'held-too-late',
  'kept-after-release',
  'guests-see-presence',
];

const [
  ACKED,
  INVENTED,
  ABSENT,
  DENSE,
  ORDER,
  SENDER,
  COMPLETE,
  LIVE,
  IN_TIME,
  REPAIRED,
  MEMBERS,
  STATE,
  ANSWER,
  ERRORS,
] = [
  'I1 acked is kept',
  'I3 nothing invented',
  'I3 refused is absent',
  'I4 dense',
  'I6 in order',
  'I7 sender’s order',
  'I8 complete',
  'I8 live',
  'I8 in time',
  'I9 nothing repaired',
  'I10 members only',
  'I11 same state',
  'I12 same answer',
  'I14 no errors',
] as const;

const server = (file: string, find: string, replace: string): PackageEdit => ({
  file: `server/dist/${file}`,
  find,
  replace,
});
const client = (file: string, find: string, replace: string): PackageEdit => ({
  file: `client/dist/${file}`,
  find,
  replace,
});

/** Returns a planted fault of the chaos runs. `caughtBy`: the rules that find it here, if not the same. */
function shared(name: string, caughtBy?: readonly string[]): PlantedFault {
  const planted = CHAOS[name];
  if (!planted) throw new Error(`The chaos runs have no planted fault ${name}`);
  const { description, edits = [] } = planted;
  return {
    description,
    caughtBy: caughtBy ?? planted.caughtBy,
    edits: edits.map((e) => server(e.file, e.find, e.replace)),
  };
}

/** All planted faults, by name. */
export const PLANTED_FAULTS: Readonly<Record<string, PlantedFault>> = {
  ...Object.fromEntries(SHARED.map((name) => [name, shared(name)])),
  // The first schedule violates only I16.
  'ack-first': { ...shared('ack-first'), seed: 2 },
  reorder: shared('reorder', [COMPLETE, IN_TIME, REPAIRED]),
  'skip-slow': shared('skip-slow', [COMPLETE, IN_TIME]),

  // ---- those of the chaos runs that need another edit here --------------------------------------
  'cursor-first': {
    description: 'store the cursor before the events',
    caughtBy: [STATE],
    edits: [],
    cursorFirst: true,
  },
  'lax-commit': {
    ...shared('lax-commit'),
    edits: [
      server(
        'storage/transaction.js',
        "pipeline.issue('begin', 'begin', []);",
        `pipeline.issue('begin', 'begin', []);
        pipeline.issue('set local synchronous_commit = off', 'set local synchronous_commit = off', []);`,
      ),
    ],
  },
  'order-by-time': {
    description: 'order messages by time instead of seq',
    caughtBy: [ORDER],
    edits: [
      server(
        'stream/stream-transaction.js',
        'if (head.lastAt < this.#now || head.lastAt > this.#now + AHEAD_MS)\n            head.lastAt = this.#now;',
        'head.lastAt = this.#now;',
      ),
      client(
        'messages/message-window.js',
        'get messages() {\n        return this.#sorted;',
        'get messages() {\n        return [...this.#sorted].sort((a, b) => Date.parse(a.postedAt) - Date.parse(b.postedAt));',
      ),
    ],
  },
  'ignored-epoch': {
    description: 'continue from the cursors of another history after a restore',
    caughtBy: [COMPLETE, STATE, ORDER],
    edits: [
      server(
        'live/handshake.js',
        'const isSameEpoch = hello.epoch === start.epoch;',
        'const isSameEpoch = true;',
      ),
      client('streams/local-streams.js', 'if (this.#epoch === epoch)', 'if (this.#epoch !== null)'),
    ],
  },
  'unchecked-commit': {
    ...shared('unchecked-commit', [ACKED, ORDER]),
    // The first schedule that reaches it fails with an unhandled error only.
    seed: 14,
    // The simulated database makes statements fail: its second edit is not needed.
    edits: shared('unchecked-commit').edits.slice(0, 1),
  },
  'removed-posts': {
    description: 'accept posts from removed members',
    caughtBy: [MEMBERS],
    edits: [
      server(
        'messages/senders.js',
        'return new Map(rows.map(',
        `return new Map(commands.map((_, n) => [n, { role: 'member', slowModeSeconds: 0 }]));
        return new Map(rows.map(`,
      ),
    ],
  },
  'seq-outside-lock': {
    description: 'read the last seq of a stream without locking it',
    caughtBy: [ERRORS],
    // In the first schedule that reaches it, commands of a sender are only stored in another order.
    seed: 4,
    edits: [
      server(
        'stream/execute-batch.js',
        'select id, last_seq, last_at from streams where id = any($1::uuid[]) order by id for update',
        'select id, last_seq from streams where id = any($1::uuid[])',
      ),
      server('stream/execute-batch.js', "'batch-lock'", "'stream-read-heads'"),
      server('stream/execute-batch.js', 'row.last_at.getTime()', '0'),
    ],
  },
  'forget-duplicates': {
    description: 'detect repeated commands for 30 s only',
    caughtBy: [ERRORS],
    edits: [
      server(
        'stream/repeated-commands.js',
        'const n = row.n - 1;',
        'const n = row.n - 1;\n        if (row.at && Date.parse(tx.at) - row.at.getTime() > 30_000) continue;',
      ),
    ],
  },

  // ---- faults that only the simulation plants ----------------------------------------------------
  'cut-list': {
    description: 'store only the first event of a batch on one stream',
    caughtBy: [ACKED, DENSE],
    edits: [server('storage/list-statement.js', 'columns.every(', 'columns.some(')],
  },
  'duplicate-answered': {
    description: 'answer a command with the ack of another one that has its id in the same batch',
    caughtBy: [ACKED],
    edits: [
      server(
        'stream/repeated-commands.js',
        'return isEqual ? { ...outcome, repeated: true } : REUSED;',
        'return { ...outcome, repeated: true };',
      ),
    ],
  },
  'refused-duplicate-acked': {
    description: 'acknowledge the duplicate of a command that was refused',
    caughtBy: [ACKED, ANSWER],
    edits: [
      server(
        'stream/repeated-commands.js',
        'return isEqual ? outcome : undefined;',
        "return { kind: 'stored', stream: duplicate.command.stream, seq: 1, at: outcome.at, repeated: true };",
      ),
    ],
  },
  'overtaken-deferred': {
    description: 'execute commands of a sender while an earlier one of it is deferred',
    caughtBy: [SENDER],
    edits: [
      server(
        'stream/batch-writer.js',
        '#isBehind(pending) {',
        '#isBehind(pending) {\n        return false;',
      ),
    ],
  },
  'unknown-as-failure': {
    description: 'refuse commands whose COMMIT was not confirmed',
    caughtBy: [ABSENT],
    edits: [
      server(
        'stream/batch-writer.js',
        'p.uncertain = true;',
        "p.settle({ kind: 'refused', refusal: { code: 'forbidden', message: 'planted' } });",
      ),
    ],
  },
  'early-promotion': {
    description: 'take a subscription for live one event early',
    caughtBy: [COMPLETE, IN_TIME, REPAIRED],
    edits: [
      server(
        'stream/topic.js',
        'const isLive = subscription.cursor === this.#head &&',
        'const isLive = subscription.cursor >= this.#head - 1 &&',
      ),
    ],
  },
  'live-without-hints': {
    description: 'take a subscription for live without events of other nodes whose hints were lost',
    caughtBy: [LIVE],
    edits: [server('live/subscription-set.js', 'awaited: lastSeq,', 'awaited: 0,')],
  },
  'racing-gap-fill': {
    description: 'deliver what arrives while a gap is filled, and then what was read',
    caughtBy: [REPAIRED],
    edits: [
      server('stream/topic-feed.js', 'if (this.#filling) {', 'if (this.#filling && false) {'),
      server(
        'stream/topic-feed.js',
        'first.seq > head + 1',
        '!this.#filling && first.seq > head + 1',
      ),
      server(
        'stream/topic-feed.js',
        'first.seq === head + 1 ? events : events.filter',
        'true ? events : events.filter',
      ),
    ],
  },
  'stale-hint': {
    description: 'deliver what a late or duplicated message of another node carries',
    caughtBy: [REPAIRED],
    edits: [
      server('stream/topic-feed.js', 'last.seq <= head || this.#closed', 'this.#closed'),
      server(
        'stream/topic-feed.js',
        'first.seq === head + 1 ? events : events.filter',
        'true ? events : events.filter',
      ),
    ],
  },
  'lost-wake-up': {
    description: 'do not continue when a full socket has drained',
    caughtBy: [COMPLETE],
    edits: [
      server(
        'live/frame-writer.js',
        'for (const resolve of this.#waiting.splice(0))\n            resolve();',
        'this.#waiting.splice(0);',
      ),
    ],
  },
  'stale-tail': {
    description: 'replay the text of a message that was deleted',
    caughtBy: [STATE],
    edits: [server('stream/topic.js', 'this.#tail.clear();', ';')],
  },
  'outliving-subscription': {
    description: 'keep the subscription of a removed member',
    caughtBy: [MEMBERS],
    edits: [
      server(
        'stream/topic.js',
        '#endMemberships(event) {',
        '#endMemberships(event) {\n        return;',
      ),
    ],
  },
  'new-id-on-retry': {
    description: 'send a command again with another id',
    caughtBy: [INVENTED, COMPLETE],
    edits: [
      client(
        'outbox/outbox.js',
        'if (!this.#deps.send(frameOf(item.entry.command)))',
        'if (!this.#deps.send(frameOf(item.sendings === 0 ? item.entry.command : { ...item.entry.command, id: item.entry.command.id.slice(0, -1) + (item.sendings % 10) })))',
      ),
    ],
  },
  'resent-out-of-order': {
    description: 'send open commands again in any order after a reconnect',
    caughtBy: [SENDER],
    edits: [
      client(
        'outbox/outbox.js',
        'for (const item of this.#items.values()) {\n            const { conversation }',
        'for (const item of [...this.#items.values()].reverse()) {\n            const { conversation }',
      ),
    ],
  },

  'ignored-cursor': {
    description: 'start a subscription at the head, whatever the client has',
    caughtBy: [COMPLETE, IN_TIME],
    edits: [server('live/subscription-set.js', 'cursor: plan.cursor,', 'cursor: lastSeq,')],
  },
  'no-head-comparison': {
    description: 'never compare heads with the database',
    caughtBy: [COMPLETE],
    edits: [
      server(
        'stream/head-comparison.js',
        'async compare() {',
        'async compare() {\n        return;',
      ),
    ],
  },
  ...GUEST_FAULTS,
  ...HIDDEN_FAULTS,
  ...READY_FAULTS,
  ...RETENTION_FAULTS,
  ...USER_GROUP_FAULTS,
  ...THREAD_FAULTS,
  ...TAB_FAULTS,
};

/**
 * The faults that every test run plants; with PARLEY_NIGHTLY=1 it plants all. Each stands for others
 * that are found in the same way.
 */
export const PLANTED_IN_EVERY_RUN: readonly string[] = [
  'swapped-outcomes',
  'late-subscription',
  'duplicate-answered',
  'unknown-as-failure',
  'stale-hint',
  'outliving-subscription',
  'reply-counted-twice',
  'expired-by-earlier-choice',
  'vote-when-closed',
  'tab-pace-reversed',
];
