import type { ConversationId, Seq } from '@parley/protocol';
import type { ThreadRequest } from './thread-steps.ts';

/** Steps of moderators, which clients of the founder of a conversation send over REST. */
const MODERATION_STEPS = ['hide', 'unhide'] as const;

/** A step of a moderator. */
export type ModerationStep = (typeof MODERATION_STEPS)[number];

/** The targets of such a step. */
export interface ModerationTarget {
  readonly conversation: ConversationId;
  /** One of the latest messages that the client has seen. */
  readonly latest: Seq | null;
  /** One that was hidden, and may have been unhidden since. */
  readonly hidden: Seq | null;
}

/** Returns whether a step is a moderation step. */
export const isModerationStep = (op: string): op is ModerationStep =>
  (MODERATION_STEPS as readonly string[]).includes(op);

/** Returns the request of a step; null if there is nothing that it can act on. */
export function moderationRequest(
  step: ModerationStep,
  { conversation, latest, hidden }: ModerationTarget,
): ThreadRequest | null {
  const message = step === 'hide' ? latest : hidden;
  if (message === null) return null;
  return {
    method: step === 'hide' ? 'PUT' : 'DELETE',
    path: `/conversations/${conversation}/messages/${message}/hidden`,
    body: null,
    command: { op: step, details: { message } },
  };
}
