import type { ParleyClient, Sent } from '@parley/client';
import type { ConversationId, Seq } from '@parley/protocol';
import type { CommandDetails } from '../history/command-recorder.ts';
import type { Op } from '../history/history.ts';
import type { Step } from '../plan/plan.ts';
import type { GuestStep } from '../steps/guest-steps.ts';
import type { ModerationStep } from '../steps/moderation-steps.ts';
import type { ThreadStep } from '../steps/thread-steps.ts';

/** What a step acts on. */
export interface StepTarget {
  readonly conversation: ConversationId;
  /** A message of the account; null if there is none. */
  readonly own: Seq | null;
  /** A message that the client has seen. */
  readonly seen: Seq | null;
  /** A message that the client has seen and that is no reply in a thread. */
  readonly root: Seq | null;
  readonly text: string;
}

/** A command that was issued, for the record. */
export interface Invoked {
  readonly sent: Sent;
  readonly op: Op;
  readonly details: CommandDetails;
}

type Invoke = (client: ParleyClient, target: StepTarget) => Invoked | null;

const onOwn =
  (op: Op, give: (client: ParleyClient, target: StepTarget, message: Seq) => Sent): Invoke =>
  (client, target) =>
    target.own === null
      ? null
      : { sent: give(client, target, target.own), op, details: { message: target.own } };

const onSeen =
  (op: Op, give: (client: ParleyClient, target: StepTarget, message: Seq) => Sent): Invoke =>
  (client, target) =>
    target.seen === null
      ? null
      : { sent: give(client, target, target.seen), op, details: { message: target.seen } };

const withText =
  (give: Invoke): Invoke =>
  (client, target) => {
    const invoked = give(client, target);
    return invoked && { ...invoked, details: { ...invoked.details, text: target.text } };
  };

/** Whether a post quotes a message that its author has seen: about every fourth, by its text. */
const isReply = (text: string): boolean => (text.codePointAt(text.length - 1) ?? 0) % 4 === 0;

/** Whether a reply in a thread is also sent to the conversation: about every fourth, by its text. */
const isAlsoInConversation = (text: string): boolean =>
  (text.codePointAt(text.length - 1) ?? 0) % 4 === 1;

/** The steps that are commands of the SDK; null if there is no object for one. */
const STEPS: Readonly<Record<SdkOp, Invoke>> = {
  post: withText((client, { conversation, text, seen }) => {
    const replyTo = isReply(text) && seen !== null ? seen : undefined;
    const quote = replyTo === undefined ? {} : { replyTo };
    const details = replyTo === undefined ? {} : { message: replyTo };
    return { sent: client.post(conversation, text, quote), op: 'post', details };
  }),
  reply: withText((client, { conversation, text, root: thread }) => {
    if (thread === null) return null;
    const options = { thread, alsoInConversation: isAlsoInConversation(text) };
    return { sent: client.post(conversation, text, options), op: 'post', details: { thread } };
  }),
  edit: withText(
    onOwn('edit', (client, { conversation, text }, m) => client.edit(conversation, m, text)),
  ),
  delete: onOwn('delete', (client, { conversation }, m) => client.remove(conversation, m)),
  react: withText(
    onSeen('react', (client, { conversation, text }, m) => client.react(conversation, m, text)),
  ),
  unreact: withText(
    onSeen('unreact', (client, { conversation, text }, m) => client.unreact(conversation, m, text)),
  ),
  pin: onSeen('pin', (client, { conversation }, m) => client.pin(conversation, m)),
  unpin: onSeen('unpin', (client, { conversation }, m) => client.unpin(conversation, m)),
  // Moves of the read cursor are not recorded: only where it is in the end.
  read: (client, { conversation, seen }) => {
    if (seen !== null) client.read(conversation, seen);
    return null;
  },
  unread: (client, { conversation, seen }) => {
    if (seen !== null) client.read(conversation, (seen - 1) as Seq, { unread: true });
    return null;
  },
};

/** A step that is a request, not a command of the SDK. */
export type RequestStep = 'join' | 'leave' | 'add' | 'remove';

/** A step that is carried out with the SDK. */
export type SdkOp = Exclude<
  Step['op'],
  RequestStep | ThreadStep | ModerationStep | GuestStep | 'away'
>;

/** Carries out a step over the connection of a client. Returns the command, if it issued one. */
export const takeStep = (client: ParleyClient, op: SdkOp, target: StepTarget): Invoked | null =>
  STEPS[op](client, target);
