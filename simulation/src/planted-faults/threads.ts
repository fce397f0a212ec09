import type { PackageEdit, PlantedFault } from './planted-fault.ts';

/** Planted faults of threads, mentions and polls. */

const STATE = 'I11 same state';
const ACCEPTED = 'I15 threads and polls';

const edit = (file: string, find: string, replace: string): PackageEdit => ({
  file,
  find,
  replace,
});

/** The planted faults of threads, mentions and polls, by name. */
export const THREAD_FAULTS: Readonly<Record<string, PlantedFault>> = {
  'reply-counted-twice': {
    description: 'count each reply of a thread twice',
    caughtBy: [STATE],
    edits: [
      edit(
        'server/dist/messages/projections/thread-projections.js',
        'return;\n    changeRoots(tx, events, threads);',
        'return;\n    replies.push(...replies);\n    changeRoots(tx, events, threads);',
      ),
    ],
  },
  'kept-mention': {
    description: 'keep counting the mentions in a deleted message',
    caughtBy: [STATE],
    edits: [
      edit('server/dist/messages/projections.js', 'deleteMentions(tx, streams, messages);', ';'),
    ],
  },
  'thread-counted-in-conversation': {
    description: 'count replies that are only in a thread as unread in the conversation',
    caughtBy: [STATE],
    edits: [
      edit(
        'client/dist/conversations/conversations.js',
        'if (!isInConversation(event.data))',
        'if (false)',
      ),
    ],
  },
  'thread-cursor-behind': {
    description: 'ignore that a thread was read on another device',
    caughtBy: [STATE],
    edits: [
      edit(
        'client/dist/threads/threads.js',
        'moved(version, cursor) {',
        'moved(version, cursor) {\n        return;',
      ),
    ],
  },
  'nested-thread': {
    description: 'accept a reply in the thread of a reply',
    caughtBy: [ACCEPTED],
    seed: 900,
    edits: [
      edit('server/dist/messages/threads/thread-roots.js', 'if (root.is_reply)', 'if (false)'),
    ],
  },
  'vote-when-closed': {
    description: 'accept votes in a closed poll',
    caughtBy: [ACCEPTED],
    edits: [
      edit(
        'server/dist/messages/poll-rules.js',
        'if (closedAt !== null || hasEnded)',
        'if (hasEnded)',
      ),
    ],
  },
  'vote-added': {
    description: 'count a vote beside the one that it replaces',
    caughtBy: [ACCEPTED],
    edits: [edit('server/dist/messages/poll-rules.js', 'before: before ?? []', 'before: []')],
  },
  'conflicting-votes': {
    description: 'acknowledge both of two different votes that are sent at once under one id',
    caughtBy: ['I1 acked is kept'],
    edits: [
      edit(
        'server/dist/messages/commands.js',
        "commandOn(request, voteRule, 'poll.voted', message, JSON.stringify(sorted))",
        "({ ...commandOn(request, voteRule, 'poll.voted', message, JSON.stringify(sorted)), payload: [message] })",
      ),
    ],
  },
};
