import { type ConversationId, type Seq, streamOfConversation } from '@parley/protocol';
import type { CommandDetails, CommandRecorder } from '../history/command-recorder.ts';
import type { Op } from '../history/history.ts';

/** Steps about threads and polls that clients send over REST. */
const THREAD_STEPS = ['poll', 'vote', 'close', 'follow', 'unfollow', 'read-thread'] as const;

/** A step about a thread or a poll. */
export type ThreadStep = (typeof THREAD_STEPS)[number];

/** The targets of such a step. */
export interface ThreadTarget {
  readonly conversation: ConversationId;
  /** A message that the client has seen. */
  readonly seen: Seq | null;
  /** One that is no reply in a thread. */
  readonly root: Seq | null;
  readonly poll: Seq | null;
  readonly text: string;
  /** In [0, 1). */
  readonly pick: number;
}

/** A request that a step sends. */
export interface ThreadRequest {
  readonly method: 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly body: object | null;
  /** The command that is recorded; null if its event is in the personal stream, or there is none. */
  readonly command: { readonly op: Op; readonly details: CommandDetails } | null;
}

const CHOICES = ['yes', 'no', 'maybe'];
const VOTES: readonly (readonly number[])[] = [[0], [1], [2], [0, 1], [1, 2], []];

/** Returns whether a step is sent as one of these requests. */
export const isThreadStep = (op: string): op is ThreadStep =>
  (THREAD_STEPS as readonly string[]).includes(op);

/** Returns the request of a step; null if there is nothing that it can act on. */
export function threadRequest(step: ThreadStep, target: ThreadTarget): ThreadRequest | null {
  const { conversation, seen, root, poll, text, pick } = target;
  const path = `/conversations/${conversation}`;
  const thread = `${path}/messages/${root}/thread`;
  switch (step) {
    case 'poll': {
      const body = { question: text, choices: CHOICES, isMultiple: pick < 0.5 };
      const command = { op: 'post', details: { text } } as const;
      return { method: 'POST', path: `${path}/polls`, body, command };
    }
    case 'vote':
      return poll === null ? null : voteRequest(conversation, poll, pick);
    case 'close': {
      if (poll === null) return null;
      const command = { op: 'close', details: { message: poll } } as const;
      return {
        method: 'POST',
        path: `${path}/messages/${poll}/poll/close`,
        body: null,
        command,
      };
    }
    case 'follow':
    case 'unfollow': {
      const method = step === 'follow' ? 'PUT' : 'DELETE';
      return root === null ? null : { method, path: `${thread}/follow`, body: null, command: null };
    }
    case 'read-thread':
      return root === null || seen === null
        ? null
        : { method: 'POST', path: `${thread}/read`, body: { seq: seen }, command: null };
  }
}

/** Returns a request that votes in a poll; `pick` in [0, 1) chooses. */
export function voteRequest(conversation: ConversationId, poll: Seq, pick: number): ThreadRequest {
  const choices = VOTES[Math.floor(pick * VOTES.length)] as readonly number[];
  const details = { message: poll, text: JSON.stringify(choices) };
  const path = `/conversations/${conversation}/messages/${poll}/poll/vote`;
  return { method: 'PUT', path, body: { choices }, command: { op: 'vote', details } };
}

/** The answer to a request: of a command, or a thread cursor. */
export interface StepAnswer {
  readonly seq?: number;
  readonly readSeq?: number;
  readonly isFollowing?: boolean;
}

/** Records the answer to a request that was carried out. */
export function recordAnswer(
  record: CommandRecorder,
  id: string,
  { conversation, root }: ThreadTarget,
  { command }: ThreadRequest,
  answer: StepAnswer,
): void {
  const stream = streamOfConversation(conversation);
  if (command && answer.seq !== undefined) record.acked(id, stream, answer.seq);
  const { readSeq, isFollowing } = answer;
  // Of a thread that the account does not follow, nothing is stored.
  if (readSeq !== undefined && isFollowing && root !== null) {
    record.threadRead(stream, root, readSeq);
  }
}
