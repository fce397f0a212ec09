/** What Parley promises, in a sentence for people who see it for the first time. */
export const PROMISE =
  'Sent means sent: every message is saved before it’s confirmed, and reaches everyone exactly once, in the same order.';
