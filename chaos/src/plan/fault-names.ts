/** All faults; faults.ts says what each does. */
export const FAULTS = [
  'kill-node',
  'terminate-node',
  'freeze-node',
  'kill-database',
  'stop-database',
  'end-connections',
  'cut-sockets',
  'cut-in-frame',
  'deaf-server',
  'deaf-clients',
  'delay',
  'move-clients',
  'clock-forward',
  'clock-back',
  'kill-redis',
  'freeze-redis',
  'cut-redis-listeners',
  'lossy-redis',
  'disk-full',
] as const;
/** Name of a fault. */
export type FaultName = (typeof FAULTS)[number];
