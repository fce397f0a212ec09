import type { FaultName } from '../plan/fault-names.ts';
import type { Options } from '../plan/plan.ts';

/**
 * Defects that are planted to prove that the checker finds them: a check that cannot fail proves
 * nothing. They are kept here and not in the server: a module hook edits the built modules of the
 * server as a node of a chaos run loads them, so the product contains no switch for them.
 */

/** An edit of a built module of the server, in which `find` occurs exactly once. */
export interface Edit {
  /** Path below packages/server/dist. */
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

/** A planted fault. */
export interface PlantedFault {
  readonly description: string;
  /** Edits of the server; without any, the fault is in the client’s store (store.ts). */
  readonly edits?: readonly Edit[];
  /** A statement that removes a protection of the database itself. */
  readonly sql?: string;
  /** The rules of the checker, at least one of which must find it. */
  readonly caughtBy: readonly string[];
  /** Planted only by the nightly run (PARLEY_NIGHTLY=1): each of its rules has another fault in every run. */
  readonly nightly?: true;
  /** The run that finds it. */
  readonly run: Pick<Options, 'mode'> & Partial<Options>;
}

const none: readonly FaultName[] = [];

/** All planted faults, by name. */
export const PLANTED_FAULTS: Readonly<Record<string, PlantedFault>> = {
  'lax-commit': {
    description: 'commit without waiting for the fsync',
    edits: [
      {
        file: 'storage/transaction.js',
        find: "pipeline.issue('begin', 'begin', []);",
        replace: `pipeline.issue('begin', 'begin', []);
        pipeline.issue('planted', 'set local synchronous_commit = off', []);`,
      },
    ],
    nightly: true,
    caughtBy: ['I1 acked is kept'],
    run: { mode: 'database', faults: ['kill-database'], faultsPerRound: 3, rounds: 2 },
  },
  'ack-first': {
    description: 'acknowledge before the commit',
    edits: [
      {
        file: 'stream/batch-writer.js',
        find: 'const outcomes = await executeBatch(tx, batch, this.#deps);',
        replace: `const outcomes = await executeBatch(tx, batch, this.#deps);
            for (const [i, p] of batch.entries()) {
              if (p.command.eventType === 'message.posted') this.#guard(() => p.settle(outcomes[i]));
            }
            await new Promise((resolve) => setTimeout(resolve, 250));`,
      },
    ],
    caughtBy: ['I1 acked is kept'],
    // What was lost never arrives, so that each round takes the whole time.
    run: {
      mode: 'chaos',
      faults: ['kill-node'],
      faultsPerRound: 3,
      commandsPerSecond: 160,
      rounds: 2,
      deadlineMs: 6_000,
    },
  },
  'unchecked-commit': {
    description: 'take a COMMIT for successful although a statement before it in its group failed',
    edits: [
      {
        file: 'storage/pipeline.js',
        find: 'const tag = this.#tags[n];',
        replace: `let tag = this.#tags[n];
            if (tag === undefined && this.#statements[n].name === 'commit') {
                tag = 'COMMIT';
                void this.#client.query('rollback');
            }`,
      },
      {
        // Without a disk that fails, nothing else makes a statement fail after the locks.
        file: 'stream/stream-transaction.js',
        find: '    issue(name, text, values) {\n',
        replace: `    issue(name, text, values) {
        const isPost = name.startsWith('messages-posted');
        if (isPost) globalThis.posted = (globalThis.posted ?? 0) + 1;
        if (isPost && globalThis.posted % 20 === 0) void this.query('planted', 'select 1 / 0', []);
`,
      },
    ],
    nightly: true,
    caughtBy: ['I1 acked is kept'],
    run: { mode: 'clean', faults: none },
  },
  'swapped-outcomes': {
    description: 'answer a stored and a refused command of one batch with each other’s outcome',
    edits: [
      {
        file: 'stream/execute-batch.js',
        find: 'return execution.outcomes;',
        replace: `const refused = execution.outcomes.findIndex((o) => o.kind === 'refused');
    const stored = execution.outcomes.findIndex((o) => o.kind === 'stored');
    if (refused >= 0 && stored >= 0) {
        const outcome = execution.outcomes[refused];
        execution.outcomes[refused] = execution.outcomes[stored];
        execution.outcomes[stored] = outcome;
    }
    return execution.outcomes;`,
      },
    ],
    nightly: true,
    caughtBy: ['I1 acked is kept'],
    run: { mode: 'clean', faults: none, commandsPerSecond: 150, deadlineMs: 6_000 },
  },
  'drop-publish': {
    description: 'lose one publication in twenty',
    edits: [
      {
        file: 'stream/hub.js',
        find: '    publish(events) {\n',
        replace:
          '    publish(events) {\n        globalThis.lost = (globalThis.lost ?? 0) + 1;\n        if (globalThis.lost % 20 === 0) return;\n',
      },
    ],
    nightly: true,
    caughtBy: ['I9 nothing repaired'],
    run: { mode: 'clean', faults: none },
  },
  'drop-for-good': {
    description: 'lose most publications and never compare heads',
    edits: [
      {
        file: 'stream/hub.js',
        find: '    publish(events) {\n',
        replace:
          '    publish(events) {\n        globalThis.lost = (globalThis.lost ?? 0) + 1;\n        if (globalThis.lost % 5 !== 0) return;\n',
      },
      {
        file: 'stream/head-comparison.js',
        find: '    async compare() {\n',
        replace: '    async compare() {\n        return;\n',
      },
    ],
    caughtBy: ['I8 in time', 'I8 complete'],
    // Every client that connects brings its streams up to date for all subscribers: in the last seconds
    // of a round only clients that stay connected may be left.
    run: {
      mode: 'clean',
      faults: none,
      deadlineMs: 6_000,
      roundMs: 8_000,
      commandsPerSecond: 40,
    },
  },
  'deliver-twice': {
    description: 'send one event in ten twice',
    edits: [
      {
        file: 'stream/topic.js',
        find: '            sink.write(chunk.frames);\n            subscription.advance(chunk.last);',
        replace:
          '            sink.write(chunk.frames);\n            if (chunk.last % 10 === 0) sink.write(chunk.frames);\n            subscription.advance(chunk.last);',
      },
    ],
    nightly: true,
    caughtBy: ['I9 nothing repaired'],
    run: { mode: 'clean', faults: none },
  },
  reorder: {
    description: 'deliver an event after its successor',
    edits: [
      {
        file: 'stream/topic.js',
        find: '            sink.write(chunk.frames);\n            subscription.advance(chunk.last);',
        replace:
          '            if (chunk.last % 3 === 0) setTimeout(() => sink.write(chunk.frames), 500);\n            else sink.write(chunk.frames);\n            subscription.advance(chunk.last);',
      },
    ],
    nightly: true,
    caughtBy: ['I9 nothing repaired'],
    run: { mode: 'clean', faults: none },
  },
  'removed-posts': {
    description: 'accept posts from removed members',
    edits: [
      {
        file: 'messages/senders.js',
        find: 'where m.left_seq is null`);',
        replace: 'where true`);',
      },
    ],
    caughtBy: ['I10 members only'],
    run: { mode: 'clean', faults: none, commandsPerSecond: 120, roundMs: 4_000 },
  },
  'seq-outside-lock': {
    description: 'assign seqs outside of the row lock of the transaction',
    edits: [
      {
        file: 'stream/execute-batch.js',
        find: 'const locked = lockStreams(tx, batch.map((pending) => pending.command));',
        replace: `const commands = batch.map((pending) => pending.command);
    tx.planted = commands.every((c) => c.eventType === 'message.posted');
    const locked = tx.planted ? takeSeqs(consequences.pool, tx, commands) : lockStreams(tx, commands);`,
      },
      {
        file: 'stream/execute-batch.js',
        find: 'async function lockStreams(tx, commands) {',
        replace: `async function takeSeqs(pool, tx, commands) {
    for (const command of commands) {
        const { rows } = await pool.query('update streams set last_seq = last_seq + 1 where id = $1 returning last_seq - 1 as before, last_at', [command.stream]);
        if (rows[0] && !tx.has(command.stream)) tx.register(command.stream, rows[0].before, rows[0].last_at.getTime());
    }
}
async function lockStreams(tx, commands) {`,
      },
      {
        file: 'stream/stream-transaction.js',
        find: 'set last_seq = a.after, last_at = a.at',
        replace: 'set last_seq = greatest(s.last_seq, a.after), last_at = a.at',
      },
      {
        file: 'stream/stream-transaction.js',
        find: 'where s.id = a.id and s.last_seq = a.before',
        replace: 'where s.id = a.id',
      },
    ],
    caughtBy: ['I4 dense', 'I6 in order', 'I8 complete', 'I9 nothing repaired'],
    run: { mode: 'clean', faults: none, nodes: 2 },
  },
  'forget-duplicates': {
    description: 'detect repeated commands for 30 s only',
    edits: [
      {
        file: 'stream/repeated-commands.js',
        find: 'from events where actor_id = i.actor_id and client_id = i.client_id limit 1',
        replace:
          "from events where actor_id = i.actor_id and client_id = i.client_id and at > $3::timestamptz - interval '30 seconds' limit 1",
      },
      {
        file: 'stream/repeated-commands.js',
        find: 'tx.query(name, text, values)',
        replace: 'tx.query(name, text, [...values, tx.at])',
      },
    ],
    // The index would reject what the planted fault lets through.
    sql: 'drop index events_command',
    caughtBy: ['I2 once', 'I12 same answer'],
    run: { mode: 'clean', faults: none },
  },
  'false-ack': {
    description: 'answer a command with the ack of a different command with the same id',
    edits: [
      {
        file: 'stream/repeated-commands.js',
        find: 'const isEqual = duplicate.digest.equals(first.digest);',
        replace: 'const isEqual = true;',
      },
      {
        file: 'stream/repeated-commands.js',
        find: 'return row.command_digest === null || row.command_digest.equals(digest);',
        replace: 'return true;',
      },
    ],
    caughtBy: ['I1 acked is kept'],
    run: { mode: 'clean', faults: none },
  },
  'late-subscription': {
    description: 'replay before subscribing',
    edits: [
      {
        file: 'live/subscription-set.js',
        find: `        this.#subscriptions.set(stream, subscription);
        this.#context.hub.subscribe(subscription, lastSeq);`,
        replace: `        this.#subscriptions.set(stream, subscription);
        setTimeout(() => {
            if (this.closed) return;
            const topic = this.#context.hub.topic(stream);
            if (topic && subscription.last === null) subscription.advance(topic.head);
            this.#context.hub.subscribe(subscription, lastSeq);
        }, 60);`,
      },
    ],
    nightly: true,
    caughtBy: ['I8 live', 'I9 nothing repaired'],
    run: { mode: 'clean', faults: none, commandsPerSecond: 150 },
  },
  'live-at-once': {
    description: 'tell a client that it is live before it has what it missed',
    edits: [
      {
        file: 'live/subscription-set.js',
        find: `        if (this.#resume.idle)
            this.#onLive();`,
        replace: '        this.#onLive();',
      },
    ],
    caughtBy: ['I8 live'],
    run: { mode: 'chaos', faults: ['cut-sockets'], commandsPerSecond: 150 },
  },
  'cursor-first': {
    description: 'store the cursor before the events',
    caughtBy: ['I11 same state'],
    run: { mode: 'chaos', faults: none, rounds: 2, commandsPerSecond: 150 },
  },
  'order-by-time': {
    description: 'order messages by time instead of seq',
    edits: [
      {
        file: 'stream/stream-transaction.js',
        find: 'if (head.lastAt < this.#now || head.lastAt > this.#now + AHEAD_MS)\n            head.lastAt = this.#now;',
        replace: 'head.lastAt = this.#now;',
      },
      {
        file: 'messages/history/history-page.js',
        find: 'order by g.seq)',
        replace: 'order by g.posted_at)',
      },
    ],
    nightly: true,
    caughtBy: ['I11 same state'],
    run: { mode: 'chaos', faults: ['clock-back'], faultsPerRound: 3, rounds: 2 },
  },
  'skip-slow': {
    description: 'skip events that do not fit into the buffer of a slow reader',
    edits: [
      {
        file: 'stream/topic.js',
        find: `                this.#demote(subscription);
                continue;`,
        replace: `                subscription.advance(chunk.last);
                continue;`,
      },
    ],
    caughtBy: ['I9 nothing repaired', 'I8 in time', 'I8 complete'],
    run: { mode: 'slow', faults: none, commandsPerSecond: 130, roundMs: 4_000 },
  },
  'hidden-kept': {
    description: 'leave the text of a message that is hidden in the log',
    edits: [
      {
        file: 'messages/redaction/hidden-messages.js',
        find: 'redactTexts(tx, event.stream, [message]);',
        replace: '',
      },
    ],
    nightly: true,
    caughtBy: ['I11 same state'],
    run: { mode: 'clean', faults: none, commandsPerSecond: 120 },
  },
  'unhidden-by-half': {
    description:
      'leave the text of a message that is shown again out of the events that posted and edited it',
    edits: [
      {
        file: 'messages/hide-rules.js',
        find: 'where e.stream_id = $1 and e.seq = v.seq`',
        replace: 'where e.stream_id = $1 and e.seq = v.seq and false`',
      },
    ],
    nightly: true,
    caughtBy: ['I11 same state'],
    run: { mode: 'clean', faults: none, commandsPerSecond: 160, rounds: 2 },
  },
  'guests-find-all': {
    description: 'let guests find all accounts',
    edits: [
      {
        file: 'permissions/guests.js',
        find: 'export const mayFind = (account, other) => `(not',
        replace: 'export const mayFind = (account, other) => `(true or not',
      },
    ],
    caughtBy: ['I17 guests'],
    run: { mode: 'clean', faults: none, guests: 4 },
  },
  'guests-see-presence': {
    description: 'send guests the presence of all accounts that they ask for',
    edits: [
      {
        file: 'live/guest-presence.js',
        find: 'audience.replace(connection, found);',
        replace: 'audience.replace(connection, wanted);',
      },
    ],
    nightly: true,
    caughtBy: ['I17 guests'],
    run: { mode: 'clean', faults: none, guests: 4 },
  },
  'held-too-late': {
    description: 'copy for a legal hold what a message said once it is deleted',
    edits: [
      {
        file: 'messages/redaction/redact.js',
        find: `    keepHeldMessages(tx, stream, messages);
    dropHidden(tx, stream, messages);
    redactTexts(tx, stream, messages);`,
        replace: `    dropHidden(tx, stream, messages);
    redactTexts(tx, stream, messages);
    keepHeldMessages(tx, stream, messages);`,
      },
    ],
    caughtBy: ['I16 held'],
    run: { mode: 'clean', faults: none, commandsPerSecond: 120 },
  },
  'kept-after-release': {
    description: 'keep what a released legal hold has kept of deleted messages',
    edits: [
      {
        file: 'legal-holds/purge.js',
        find: "const versions = await this.#empty('held_events', id, isStopped);",
        replace: 'const versions = 0;',
      },
    ],
    nightly: true,
    caughtBy: ['I16 held'],
    run: { mode: 'clean', faults: none, commandsPerSecond: 120 },
  },
};

/**
 * Returns the planted fault of this name, undefined without a name; of several names, separated by commas, what is
 * planted for all of them.
 *
 * @throws for an unknown name
 */
export function findPlantedFault(
  name: string | undefined,
): Pick<PlantedFault, 'edits' | 'sql'> | undefined {
  if (name === undefined || name === '') return undefined;
  const faults = name.split(',').map((each) => {
    const planted = PLANTED_FAULTS[each];
    if (planted) return planted;
    throw new Error(
      `There is no fault ${each}; there are ${Object.keys(PLANTED_FAULTS).join(', ')}`,
    );
  });
  const edits = faults.flatMap((fault) => fault.edits ?? []);
  const sql = faults.flatMap((fault) => fault.sql ?? []).join('; ');
  return { ...(edits.length > 0 && { edits }), ...(sql !== '' && { sql }) };
}
