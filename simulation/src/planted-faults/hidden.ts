import type { PackageEdit, PlantedFault } from './planted-fault.ts';

/** Planted faults of messages that moderators hide. */

const STATE = 'I11 same state';

const edit = (file: string, find: string, replace: string): PackageEdit => ({
  file: `server/dist/${file}`,
  find,
  replace,
});

/** The planted faults of hidden messages, by name. */
export const HIDDEN_FAULTS: Readonly<Record<string, PlantedFault>> = {
  'hidden-in-fill': {
    description: 'replay the text of a message that was hidden meanwhile',
    caughtBy: [STATE],
    edits: [
      edit(
        'stream/topic.js',
        'if (chunk.events.some((e) => this.#visibility[e.type]?.redact))',
        "if (chunk.events.some((e) => e.type !== 'message.hidden' && this.#visibility[e.type]?.redact))",
      ),
    ],
  },
  'unhidden-by-half': {
    description:
      'leave the text of a message that is shown again out of the events that posted and edited it',
    caughtBy: [STATE],
    edits: [
      edit(
        'messages/hide-rules.js',
        'values: [conversation, message],',
        'values: [conversation, -1],',
      ),
    ],
  },
};
