import { IndexedDbStore, type ParleyApi, ParleyClient } from '@parley/client';

/** Returns the client of a session. Pages without a session do not load its code. */
export const liveClient = (api: ParleyApi): ParleyClient =>
  // What is stored is removed when the session ends, unless it was only replaced.
  new ParleyClient({
    api,
    store: new IndexedDbStore(),
    keepWhenEnded: true,
    presence: 'subscribed',
  });
