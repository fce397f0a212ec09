import { FAULTS, type FaultName } from './fault-names.ts';
import type { Mode, Options } from './plan.ts';

const common = {
  clients: 56,
  guests: 5,
  conversations: 24,
  nodes: 2,
  redis: true,
  rounds: 4,
  roundMs: 3_000,
  commandsPerSecond: 120,
  threads: true,
  faultsPerRound: 3,
  deadlineMs: 25_000,
  faults: [] as readonly FaultName[],
};

/** Faults between the nodes and their database. */
const DATABASE_FAULTS: readonly FaultName[] = ['kill-database', 'stop-database', 'end-connections'];

/** The default options of each mode. */
export const PRESETS: Readonly<Record<Mode, Omit<Options, 'mode' | 'seed'>>> = {
  // One node: between nodes without a broker every event is found by comparing heads.
  clean: { ...common, nodes: 1, deadlineMs: 10_000, faultsPerRound: 0, rounds: 3 },
  chaos: { ...common, faults: FAULTS },
  slow: {
    ...common,
    clients: 20,
    guests: 0,
    conversations: 6,
    nodes: 1,
    rounds: 2,
    commandsPerSecond: 140,
    faultsPerRound: 0,
    deadlineMs: 60_000,
  },
  database: { ...common, nodes: 1, faults: DATABASE_FAULTS, faultsPerRound: 4 },
};

/** A small run: enough to find a planted fault, none of which is about threads. With more posts they show sooner. */
export const SMALL = {
  threads: false,
  clients: 16,
  guests: 0,
  conversations: 8,
  nodes: 1,
  rounds: 1,
  roundMs: 2_500,
  commandsPerSecond: 80,
} as const;

/** The runs of the test suite: every mode, with fixed seeds, about two minutes in all. */
export const SHORT: Readonly<Record<Mode, Options>> = {
  // Other tests may run at the same time, which slows everything down.
  clean: { ...PRESETS.clean, mode: 'clean', seed: 11, rounds: 2, deadlineMs: 30_000 },
  chaos: { ...PRESETS.chaos, mode: 'chaos', seed: 12, rounds: 3 },
  slow: { ...PRESETS.slow, mode: 'slow', seed: 13, rounds: 1 },
  database: { ...PRESETS.database, mode: 'database', seed: 14, rounds: 2 },
};
