import type { Refusal, Seq, StreamId } from '@parley/protocol';
import type { Command } from './stream-transaction.ts';

/** The outcome of a command. */
export type Outcome =
  | {
      readonly kind: 'stored';
      readonly stream: StreamId;
      readonly seq: Seq;
      readonly at: string;
      /** Whether an earlier attempt of the same command stored the event. */
      readonly repeated: boolean;
    }
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  /** COMMIT was sent and not confirmed: the command may or may not be stored. */
  | { readonly kind: 'unknown' };

/** A command that waits for its transaction. */
export interface Pending {
  readonly command: Command;
  /** Distinguishes a retry from another command with the same client id. */
  readonly digest: Buffer;
  /** When it arrived (monotonic, ms). */
  readonly since: number;
  /** A COMMIT with this command was not confirmed: only a stored event can settle it now. */
  uncertain: boolean;
  readonly settle: (outcome: Outcome) => void;
}
