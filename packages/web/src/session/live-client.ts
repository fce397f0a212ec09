import { IndexedDbStore, type ParleyApi, ParleyClient, tabSocket } from '@parley/client';
import type { AccountId } from '@parley/protocol';
import { frames } from '../lib/frame-schedule.ts';
import { idleAfterStart } from '../lib/idle-schedule.ts';

/** Returns the client of a session. Pages without a session do not load its code. */
export const liveClient = (api: ParleyApi, account: AccountId): ParleyClient =>
  // What is stored is removed when the session ends, unless it was only replaced.
  new ParleyClient({
    api,
    store: new IndexedDbStore({
      whenIdle: () => new Promise((resolve) => idleAfterStart.schedule(resolve)),
    }),
    socket: tabSocket(account),
    keepWhenEnded: true,
    presence: 'subscribed',
    schedule: (notify) => frames.schedule(notify),
  });
