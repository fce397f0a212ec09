import type { PackageEdit, PlantedFault } from './planted-fault.ts';

/** Planted faults of tabs that share a connection. */

const SENDER = 'I7 sender’s order';

const edit = (file: string, find: string, replace: string): PackageEdit => ({
  file: `client/dist/${file}`,
  find,
  replace,
});

/** The planted faults of tabs that share a connection, by name. */
export const TAB_FAULTS: Readonly<Record<string, PlantedFault>> = {
  'tab-overtakes': {
    description:
      'leave the tab’s own socket for that of another tab before its commands are answered',
    caughtBy: [SENDER],
    edits: [
      edit(
        'connection/shared-socket.js',
        "if (this.#phase !== 'draining' || this.#unanswered.size > 0)",
        "if (this.#phase !== 'draining')",
      ),
    ],
  },
  'tab-pace-reversed': {
    description: 'send the commands of a tab that waited for the rate of the connection in reverse',
    caughtBy: [SENDER],
    seed: 641,
    edits: [
      edit(
        'connection/command-pacer.js',
        'const [first, ...others] = waiting;',
        'const [first, ...others] = waiting.reverse();',
      ),
    ],
  },
};
