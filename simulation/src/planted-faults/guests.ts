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
};
