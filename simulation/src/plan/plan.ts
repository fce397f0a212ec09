import type { Op } from '@parley/chaos/history/history';
import type { ThreadStep } from '@parley/chaos/steps/thread-steps';

/**
 * The plan of a run, chosen completely from its seed before it starts. What it leaves open (latencies, the
 * order in which things happen) is chosen by the same seed while it runs.
 */
export interface Plan {
  readonly seed: number;
  readonly kind: PlanKind;
  readonly nodes: number;
  readonly accounts: number;
  readonly clients: readonly ClientPlan[];
  readonly conversations: readonly ConversationPlan[];
  readonly conditions: Conditions;
  /** Whether clients load threads: in other plans there are none. */
  readonly hasThreads: boolean;
  readonly retention: RetentionPlan | null;
  /** Whether the first account is an admin of the server, and changes a user group that texts mention. */
  readonly hasUserGroup: boolean;
  /** Whether the last account is a guest. */
  readonly hasGuest: boolean;
  /** Whether a legal hold covers all groups from before the first message; a step may release it. */
  readonly hasHold: boolean;
  readonly steps: readonly Step[];
  readonly faults: readonly FaultPlan[];
}

/**
 * - `faults`: faults of all kinds.
 * - `hints`: only the broker fails. Nodes repair that, and clients notice nothing but a delay.
 * - `clean`: no faults; clients stop and return. Nothing may have to be repaired.
 */
export type PlanKind = 'faults' | 'hints' | 'clean';

/** A client: a device of an account. */
export interface ClientPlan {
  readonly name: string;
  /** Index of its account. */
  readonly account: number;
  readonly clockOffsetMs: number;
  /** Whether it is a tab of a browser, in which the account has other tabs that share its connection. */
  readonly isTab: boolean;
}

/** A group. The first account creates it. */
export interface ConversationPlan {
  /** Indexes of the accounts. */
  readonly members: readonly number[];
}

/**
 * A day passes in the middle of the run, so that groups that keep messages for a day delete what was posted
 * before, each message some time after its post.
 */
export interface RetentionPlan {
  /** When the day passes, ms from the start. */
  readonly passesAt: number;
  /** How long before its end a message is posted that expires then, ms. */
  readonly keepMs: number;
  /** When nodes search for expired messages, besides when a group has chosen another period. */
  readonly searches: readonly number[];
}

/** The conditions that hold throughout a run. */
export interface Conditions {
  /** Latency of the network, ms. */
  readonly latency: { readonly min: number; readonly max: number };
  /** Latency of the broker, ms. */
  readonly broker: { readonly min: number; readonly max: number };
  /** Bytes that the operating system of a node buffers for each socket. */
  readonly kernelBytes: number;
  /** Limits that differ from those of the product. */
  readonly limits: Readonly<Record<string, number>>;
  /** How long the database takes until a commit is on disk, ms. */
  readonly commit: { readonly min: number; readonly max: number };
}

/** What a client does at a time, ms from the start. */
export interface Step {
  readonly at: number;
  /** Index of the client. */
  readonly client: number;
  readonly op:
    | Op
    | ThreadStep
    | 'reply'
    | 'read'
    | 'unread'
    | 'twice'
    | 'rivals'
    | 'rival-votes'
    | 'user-group'
    | 'look'
    | 'watch'
    | 'export-hold'
    | 'release-hold';
  /** Index of the conversation. */
  readonly conversation: number;
  /** Chooses what the step is about, in [0, 1). */
  readonly pick: number;
  readonly text: string;
}

/** A fault, from `at` for `lasts` ms; `pick` in [0, 1) chooses its victim. */
export interface FaultPlan {
  readonly at: number;
  readonly name: FaultName;
  readonly lasts: number;
  readonly pick: number;
}

/** Kinds of faults, with how often each is chosen. */
export const FAULTS = {
  'cut-link': 4,
  'lose-link': 3,
  'hold-link': 2,
  'stop-reading': 3,
  'slow-reader': 2,
  'kill-node': 4,
  'stop-node': 2,
  'freeze-node': 3,
  'crash-client': 4,
  'sleep-client': 3,
  'forget-client': 1,
  'freeze-client': 1,
  'reload-tab': 0,
  'lose-hints': 3,
  'broker-away': 3,
  'slow-broker': 2,
  'crash-database': 3,
  'restore-database': 1,
  'lose-database': 2,
  'lose-commit': 4,
  'slow-database': 2,
  'hold-lock': 2,
  'fail-writes': 2,
  'clock-back': 1,
} as const;

/** A kind of fault; faults.ts says what each does. */
export type FaultName = keyof typeof FAULTS;

/** The id of the legal hold of a run. */
export const HOLD_ID = '00000000-0000-7000-a000-000000000001';

/** The name of the user group of a run. */
export const USER_GROUP = 'team';
