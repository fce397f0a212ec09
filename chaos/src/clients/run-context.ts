import type { AccountId, ConversationId } from '@parley/protocol';
import type { Recorder } from '../history/recorder.ts';
import type { Subjects } from './guest-recorder.ts';

/** A conversation of the run. */
export interface Conversation {
  readonly id: ConversationId;
  readonly kind: 'everyone' | 'direct' | 'group';
  /** Index of the account that never leaves, and may add and remove others. */
  readonly founder: number;
}

/** What all drivers share. */
export interface RunContext {
  readonly recorder: Recorder;
  readonly conversations: readonly Conversation[];
  /** Ids of the accounts, by index. */
  readonly accounts: readonly AccountId[];
  /** What guests can be told of. */
  readonly subjects: Subjects;
  /** Addresses of the nodes themselves, for requests that bypass the proxies. */
  readonly nodes: () => readonly string[];
  readonly planted: string | undefined;
}
