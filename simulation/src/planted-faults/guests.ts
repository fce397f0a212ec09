import type { PlantedFault } from './planted-fault.ts';

/** The planted faults of guests, by name. */
export const GUEST_FAULTS: Readonly<Record<string, PlantedFault>> = {
  'guest-gets-workspace': {
    description: 'send guests the stream of the workspace',
    caughtBy: ['I17 guests'],
    edits: [
      {
        file: 'server/dist/live/subscription-set.js',
        find: 'if (!isGuest) {',
        replace: 'if (true) {',
      },
    ],
  },
  'guest-joins': {
    description: 'let guests join public groups by themselves',
    caughtBy: ['I17 guests'],
    edits: [
      {
        file: 'server/dist/conversations/conversation-rule.js',
        find: 'if (state.isGuest && !state.membership) {',
        replace: 'if (false) {',
      },
    ],
  },
  // The chaos runs edit the condition in SQL, whose text the model of the database would not recognize.
  'guests-find-all': {
    description: 'let guests find all accounts',
    caughtBy: ['I17 guests'],
    edits: [
      {
        file: 'server/dist/accounts/users/known-accounts.js',
        find: 'if (accounts.length === 0)\n        return [];',
        replace: 'return [...accounts];',
      },
      {
        file: 'server/dist/messages/routes/mention-suggestions.js',
        find: 'values: [...values],',
        // As an account that is no guest would search.
        replace: "values: ['00000000-0000-7000-8000-000000000000', ...values.slice(1)],",
      },
    ],
  },
  'guests-search-all': {
    description: 'let guests find all accounts by searching for their names',
    caughtBy: ['I17 guests'],
    edits: [
      {
        file: 'server/dist/search/directory.js',
        find: 'return contacts ? new Set(contacts) : null;',
        replace: 'return null;',
      },
    ],
  },
};
