import type { PackageEdit, PlantedFault } from './planted-fault.ts';

/** Planted faults of what `ready` is made from, and of the conversations that it sends in columns. */

const [COMPLETE, LIVE, MEMBERS, STATE] = [
  'I8 complete',
  'I8 live',
  'I10 members only',
  'I11 same state',
] as const;

const edit = (find: string, replace: string): PackageEdit => ({
  file: 'protocol/dist/live/compact-ready.js',
  find,
  replace,
});

/** The planted faults of `ready`, by name. */
export const READY_FAULTS: Readonly<Record<string, PlantedFault>> = {
  'shared-read-swapped': {
    description: 'answer the hellos that share a statement in the wrong order',
    caughtBy: [COMPLETE, MEMBERS, STATE],
    edits: [
      {
        file: 'server/dist/storage/batched-read.js',
        find: 'resolve(values[n]);',
        replace: 'resolve(values[batch.length - 1 - n]);',
      },
    ],
  },
  'compact-head-ahead': {
    description: 'expand a compact `ready` with streams whose heads are one too high',
    caughtBy: [COMPLETE, LIVE, STATE],
    edits: [
      edit(
        "kind: 'conversation',\n        lastSeq,",
        "kind: 'conversation', lastSeq: lastSeq + 1,",
      ),
    ],
  },
  'compact-unread-swapped': {
    description: 'expand a compact `ready` with the columns `unread` and `readSeq` swapped',
    caughtBy: [STATE],
    edits: [
      edit(
        'const conversations = fromColumns(compact.conversations)',
        'const { unread, readSeq } = compact.conversations.columns; Object.assign(compact.conversations.columns, { unread: readSeq, readSeq: unread }); const conversations = fromColumns(compact.conversations)',
      ),
    ],
  },
};
