import { type AccountId, type EventData, refusal, type Seq } from '@parley/protocol';
import { newEvent, type RuleContext } from '../stream/stream-transaction.ts';
import { messageRule, type OnMessageCommand } from './message-rule.ts';

/** Decides votes: an account has one set of choices, which a later one replaces. */
export const voteRule = messageRule('messages.vote', 'vote', async (tx, command, target) => {
  if (target.deleted) return { refuse: refusal('message_deleted') };
  const row = await readPoll(tx, command);
  if (!row) return { refuse: refusal('not_a_poll') };
  const { poll, closed_at: closedAt, choices: before, seq } = row;
  const hasEnded = poll.endsAt !== null && Date.parse(poll.endsAt) <= Date.parse(tx.at);
  if (closedAt !== null || hasEnded) return { refuse: refusal('poll_closed') };
  const choices: number[] = JSON.parse(command.text);
  const areKnown = choices.every((choice) => choice < poll.choices.length);
  if (areKnown && choices.length > 1 && !poll.isMultiple) {
    return { refuse: refusal('choice_invalid', 'This poll allows one choice') };
  }
  if (!areKnown) {
    return { refuse: refusal('choice_invalid') };
  }
  if ((before ?? []).join() === choices.join()) return { unchanged: seq ?? target.changedSeq };
  const { stream, message } = command;
  // Clients need the earlier vote to update their counts, because they do not have everyone’s
  // votes.
  const vote = { message, choices, before: before ?? [] };
  return { events: [newEvent(stream, 'poll.voted', vote)] };
});

/** Decides the closing of polls. Closing a closed poll changes nothing. */
export const closePollRule = messageRule(
  'messages.close_poll',
  'close_poll',
  async (tx, command, target) => {
    if (target.deleted) return { refuse: refusal('message_deleted') };
    const row = await readPoll(tx, command);
    if (!row) return { refuse: refusal('not_a_poll') };
    if (row.closed_at !== null) return { unchanged: target.changedSeq };
    const { stream, message } = command;
    return { events: [newEvent(stream, 'poll.closed', { message })] };
  },
);

interface PollRow {
  readonly poll: NonNullable<EventData<'message.posted'>['poll']>;
  readonly closed_at: Date | null;
  /** The actor’s vote. */
  readonly choices: number[] | null;
  readonly seq: Seq | null;
}

/** Returns the poll of the message with the vote of the actor. */
async function readPoll(
  tx: RuleContext,
  { conversation, message, actor }: OnMessageCommand & { readonly actor: AccountId },
): Promise<PollRow | undefined> {
  const [row] = await tx.query<PollRow>(
    'polls-one',
    `select p.poll, p.closed_at, v.choices, v.seq
     from message_parts p
     left join poll_votes v on v.conversation_id = p.conversation_id
       and v.message_seq = p.message_seq and v.account_id = $3
     where p.conversation_id = $1 and p.message_seq = $2 and p.poll is not null`,
    [conversation, message, actor],
  );
  return row;
}
