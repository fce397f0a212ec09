import {
  type AccountId,
  type ClientId,
  type ConversationId,
  LIMITS,
  refusal,
  type Seq,
  streamOfAccount,
} from '@parley/protocol';
import { threadState } from '../messages/threads/thread-cursor-sql.ts';
import type { Append, Outcome } from '../stream/append.ts';
import { type Command, newEvent, type Rule } from '../stream/stream-transaction.ts';
import { eraseInBatches } from './erase-batch.ts';

/**
 * Commands that follow and unfollow threads. The choice takes precedence over what follows from the
 * account's messages and mentions.
 */

/** A request of an account about a thread. */
export interface FollowRequest {
  readonly actor: AccountId;
  readonly clientId: ClientId;
  readonly conversation: ConversationId;
  /** The seq of the root. */
  readonly thread: Seq;
}

interface FollowCommand extends Command {
  readonly conversation: ConversationId;
  readonly thread: Seq;
}

/** Estimated size of the row of an event. */
const EVENT_BYTES = 300;

/** Follows a thread. Following it again changes nothing. */
export const followThread = (append: Append, r: FollowRequest): Promise<Outcome> =>
  append.run(followCommand(r, 'thread.followed'));

/** Unfollows a thread until the account follows it again. */
export const unfollowThread = (append: Append, r: FollowRequest): Promise<Outcome> =>
  append.run(followCommand(r, 'thread.unfollowed'));

function followCommand(
  { actor, clientId, conversation, thread }: FollowRequest,
  eventType: 'thread.followed' | 'thread.unfollowed',
): FollowCommand {
  return {
    rule: followRule,
    actor,
    clientId,
    stream: streamOfAccount(actor),
    eventType,
    payload: [conversation, thread],
    bytes: EVENT_BYTES,
    conversation,
    thread,
  };
}

const followRule: Rule<FollowCommand> = {
  name: 'personal.follow',
  async decide(tx, { actor, conversation, thread: message, eventType, stream }) {
    const [row] = await tx.query<{
      exists: boolean;
      is_reply: boolean;
      is_deleted: boolean;
      is_member: boolean;
      is_following: boolean;
      last_seq: Seq;
      is_chosen: boolean;
      follows: number;
      choices: number;
    }>(
      'threads-follow-target',
      `select g.seq is not null as exists, g.thread is not null as is_reply,
         g.deleted_at is not null as is_deleted, state.is_following, s.last_seq,
         m.left_seq is null as is_member,
         exists (select from thread_follows f
                 where f.account_id = m.account_id and f.conversation_id = m.conversation_id
                   and f.thread = $3::int8) as is_chosen,
         (select count(*)::int from thread_follows f
          join memberships o on o.account_id = f.account_id
            and o.conversation_id = f.conversation_id and o.left_seq is null
          where f.account_id = m.account_id and f.is_following) as follows,
         (select count(*)::int from thread_follows f
          where f.account_id = m.account_id) as choices
       from (
         select * from memberships where account_id = $1 and conversation_id = $2
         order by joined_seq desc
         limit 1
       ) m
       join streams s on s.id = m.conversation_id
       left join messages g on g.conversation_id = m.conversation_id and g.seq = $3::int8
       cross join lateral ${threadState('m.account_id', 'm.conversation_id', '$3::int8')} state`,
      [actor, conversation, message],
    );
    const isWanted = eventType === 'thread.followed';
    // A former member may only unfollow, and learns nothing else.
    if (!row || (!row.is_member && (isWanted || !row.is_following))) {
      return { refuse: refusal('conversation_not_found') };
    }
    if (!row.exists) return { refuse: refusal('message_not_found') };
    if (row.is_reply) return { refuse: refusal('is_reply') };
    if (row.is_following === isWanted) return { unchanged: tx.head(stream) };
    if (!row.is_chosen && row.choices >= LIMITS.threadChoices) {
      return { refuse: refusal('too_many_follows') };
    }
    if (!isWanted) return { events: [newEvent(stream, eventType, { conversation, message })] };
    if (row.is_deleted) return { refuse: refusal('message_deleted') };
    if (row.follows >= LIMITS.threadFollows) return { refuse: refusal('too_many_follows') };
    const since = row.last_seq;
    return { events: [newEvent(stream, 'thread.followed', { conversation, message, since })] };
  },
};

/** Removes a batch of the follow choices of an erased account. */
export const eraseFollows = eraseInBatches(
  'personal.erase_follows',
  'thread.unfollowed',
  async (tx, { actor, stream }, limit) => {
    const rows = await tx.query<{ conversation_id: ConversationId; thread: Seq }>(
      'threads-follows-to-erase',
      `select conversation_id, thread from thread_follows
       where account_id = $1
       order by seq limit $2`,
      [actor, limit],
    );
    return rows.map(({ conversation_id: conversation, thread: message }) =>
      newEvent(stream, 'thread.unfollowed', { conversation, message, erased: true }),
    );
  },
);
