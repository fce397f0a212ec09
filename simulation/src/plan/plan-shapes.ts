/** The size of a plan, and how close together its commands are. */
export interface Shape {
  /** How many accounts and groups there are at most, and nodes. */
  readonly most: { readonly accounts: number; readonly groups: number; readonly nodes: number };
  /** The share of plans without tabs in which an account has a second device. */
  readonly deviceShare: number;
  /** How long commands are sent, ms. */
  readonly activeMs: number;
  /** The share of commands that are sent alone. Others come in bursts of this size. */
  readonly singleShare: number;
  readonly burst: { readonly min: number; readonly max: number };
  /** The share of the commands of a burst that are sent at its first moment. */
  readonly sameMomentShare: number;
  /** How long a commit takes, ms. */
  readonly commit: { readonly min: number; readonly max: number };
}

/** Commands are spread over some seconds: most transactions have one command. */
export const SPREAD: Shape = {
  most: { accounts: 4, groups: 3, nodes: 3 },
  deviceShare: 0.3,
  activeMs: 3_000,
  singleShare: 0.4,
  burst: { min: 2, max: 7 },
  sameMomentShare: 0.6,
  commit: { min: 0.1, max: 3 },
};

/** As many commands in less time, between fewer clients: many share a transaction, and more of them race. */
export const DENSE: Shape = {
  most: { accounts: 3, groups: 2, nodes: 2 },
  deviceShare: 0,
  activeMs: 1_200,
  singleShare: 0.1,
  burst: { min: 5, max: 25 },
  sameMomentShare: 0.8,
  commit: { min: 1, max: 8 },
};

/** As {@link DENSE}, with larger bursts: transactions have many commands, and few are between two of them. */
export const CROWDED: Shape = { ...DENSE, burst: { min: 20, max: 60 } };
