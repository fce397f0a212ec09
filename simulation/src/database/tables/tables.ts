import { Journal } from './journal.ts';
import { Row } from './row.ts';
import type {
  AccountRow,
  ConversationRow,
  EventRow,
  GroupRetentionRow,
  HeldEventRow,
  HiddenMessageRow,
  LegalHoldConversationRow,
  LegalHoldRow,
  MembershipRow,
  MentionRow,
  MessagePartRow,
  MessageRow,
  PinRow,
  PollVoteRow,
  ReactionRow,
  RetentionProgressRow,
  StreamRow,
  ThreadCursorRow,
  ThreadFollowRow,
  ThreadParticipantRow,
  ThreadRow,
  UnchangedCommandRow,
  UserGroupRow,
} from './rows.ts';
import { Index, OrderedIndex, Table } from './table.ts';

// The tables of the delivery path, as far as its statements use them.

/** Returns the key of a thread of an account. */
const accountThread = (row: {
  readonly account_id: string;
  readonly conversation_id: string;
  readonly thread: number;
}): string => row.account_id + row.conversation_id + row.thread;

/** Returns a hidden message as PostgreSQL has it: no message of a simulation has files or links. */
const hiddenContents = (row: HiddenMessageRow) => ({
  ...row,
  events: row.events.map((event) => ({ ...event, data: JSON.parse(event.data) as object })),
  file_ids: [],
  removed_previews: [],
});

/** Returns a held event with its data read: the spaces in it differ. */
const heldContents = (row: HeldEventRow) => ({ ...row, data: JSON.parse(row.data) as object });

/** The id of the stream of the workspace, which the migrations insert. */
const WORKSPACE = '00000000-0000-7000-8000-000000000001';

/** All tables and the indexes that statements use. */
export class Tables {
  /** The epoch in `server_state`. */
  epoch: string;
  /** Returns the time of the database, ms. */
  readonly now: () => number;
  readonly journal = new Journal();
  readonly streamsById = new Index<StreamRow>((s) => s.id, 'streams_pkey');
  readonly streams = new Table('streams', [this.streamsById]);
  readonly eventsByPlace = new OrderedIndex<EventRow>(
    (e) => e.stream_id,
    (e) => e.seq,
  );
  readonly eventsByCommand = new Index<EventRow>(
    (e) => (e.client_id === null ? null : e.actor_id + e.client_id),
    'events_command',
  );
  readonly events = new Table(
    'events',
    [new Index<EventRow>((e) => e.stream_id + e.seq, 'events_pkey'), this.eventsByCommand],
    [this.eventsByPlace],
  );
  readonly unchangedByCommand = new Index<UnchangedCommandRow>(
    (u) => u.actor_id + u.client_id,
    'unchanged_commands_pkey',
  );
  readonly unchanged = new Table('unchanged_commands', [this.unchangedByCommand]);
  readonly accountsById = new Index<AccountRow>((a) => a.id, 'accounts_pkey');
  readonly accounts = new Table('accounts', [this.accountsById]);
  readonly conversationsById = new Index<ConversationRow>((c) => c.id, 'conversations_pkey');
  readonly conversationsByUsers = new Index<ConversationRow>(
    (c) => c.direct_key,
    'conversations_direct_key_key',
  );
  readonly conversations = new Table(
    'conversations',
    [
      this.conversationsById,
      this.conversationsByUsers,
      new Index<ConversationRow>(
        (c) => (c.is_everyone ? 'everyone' : null),
        'conversations_everyone',
      ),
    ],
    [],
    {
      violated: (c) => {
        if ((c.kind === 'direct') !== (c.direct_key !== null)) return 'conversations_check';
        return (c.kind === 'group') === (c.name !== null) ? null : 'conversations_check1';
      },
      references: [
        { constraint: 'conversations_id_fkey', find: (c) => this.streamsById.find(c.id) },
      ],
    },
  );
  readonly membershipsByPair = new Index<MembershipRow>((m) => m.conversation_id + m.account_id);
  readonly membershipsByAccount = new Index<MembershipRow>((m) => m.account_id);
  readonly membershipsByConversation = new OrderedIndex<MembershipRow>(
    (m) => m.conversation_id,
    (m) => m.joined_seq,
  );
  readonly membershipsKey = new Index<MembershipRow>(
    (m) => m.conversation_id + m.account_id + m.joined_seq,
    'memberships_pkey',
  );
  readonly memberships = new Table(
    'memberships',
    [
      this.membershipsKey,
      new Index<MembershipRow>(
        (m) => m.account_id + m.conversation_id,
        'memberships_current',
        (m) => m.left_seq === null,
      ),
    ],
    [this.membershipsByPair, this.membershipsByAccount, this.membershipsByConversation],
    {
      references: [
        {
          constraint: 'memberships_conversation_id_fkey',
          find: (m) => this.conversationsById.find(m.conversation_id),
        },
        {
          constraint: 'memberships_account_id_fkey',
          find: (m) => this.accountsById.find(m.account_id),
        },
      ],
    },
  );
  readonly messagesByPlace = new OrderedIndex<MessageRow>(
    (m) => m.conversation_id,
    (m) => m.seq,
  );
  readonly messagesByKey = new Index<MessageRow>((m) => m.conversation_id + m.seq, 'messages_pkey');
  readonly messagesByThread = new Index<MessageRow>((m) =>
    m.thread === null ? null : m.conversation_id + m.thread,
  );
  readonly messages = new Table(
    'messages',
    [this.messagesByKey],
    [this.messagesByPlace, this.messagesByThread],
  );
  readonly hiddenKey = new Index<HiddenMessageRow>(
    (h) => h.conversation_id + h.message_seq,
    'hidden_messages_pkey',
  );
  readonly hiddenMessages = new Table('hidden_messages', [this.hiddenKey]);
  readonly legalHoldsById = new Index<LegalHoldRow>((h) => h.id, 'legal_holds_pkey');
  readonly legalHolds = new Table('legal_holds', [this.legalHoldsById]);
  readonly heldConversationsKey = new Index<LegalHoldConversationRow>(
    (c) => c.hold_id + c.conversation_id,
    'legal_hold_conversations_pkey',
  );
  readonly heldConversations = new Table('legal_hold_conversations', [this.heldConversationsKey]);
  readonly heldEventsKey = new Index<HeldEventRow>(
    (e) => e.hold_id + e.stream_id + e.seq,
    'held_events_pkey',
  );
  readonly heldEventsByHold = new Index<HeldEventRow>((e) => e.hold_id);
  readonly heldEvents = new Table('held_events', [this.heldEventsKey], [this.heldEventsByHold]);
  readonly mentionsByMessage = new Index<MentionRow>((m) => m.conversation_id + m.message_seq);
  readonly mentionsByAccount = new Index<MentionRow>((m) => m.account_id + m.conversation_id);
  readonly mentionsKey = new Index<MentionRow>(
    (m) => `${m.account_id}${m.conversation_id}${m.message_seq}`,
    'mentions_pkey',
  );
  readonly mentions = new Table(
    'mentions',
    [this.mentionsKey],
    [this.mentionsByMessage, this.mentionsByAccount],
  );
  readonly reactionsByMessage = new Index<ReactionRow>((r) => r.conversation_id + r.message_seq);
  readonly reactionsKey = new Index<ReactionRow>(
    (r) => `${r.conversation_id}${r.message_seq} ${r.emoji} ${r.account_id}`,
    'reactions_pkey',
  );
  readonly reactions = new Table('reactions', [this.reactionsKey], [this.reactionsByMessage]);
  readonly pinsByConversation = new Index<PinRow>((p) => p.conversation_id);
  readonly pinsByMessage = new Index<PinRow>((p) => p.conversation_id + p.message_seq, 'pins_pkey');
  readonly pins = new Table('pins', [this.pinsByMessage], [this.pinsByConversation]);

  readonly threadsByRoot = new Index<ThreadRow>(
    (t) => t.conversation_id + t.thread,
    'threads_pkey',
  );
  readonly threadsByConversation = new Index<ThreadRow>((t) => t.conversation_id);
  readonly threads = new Table('threads', [this.threadsByRoot], [this.threadsByConversation]);
  readonly participantsKey = new Index<ThreadParticipantRow>(
    accountThread,
    'thread_participants_pkey',
  );
  readonly threadParticipants = new Table('thread_participants', [this.participantsKey]);
  readonly followsKey = new Index<ThreadFollowRow>(accountThread, 'thread_follows_pkey');
  readonly followsByAccount = new Index<ThreadFollowRow>((f) => f.account_id);
  readonly threadFollows = new Table('thread_follows', [this.followsKey], [this.followsByAccount]);
  readonly cursorsKey = new Index<ThreadCursorRow>(accountThread, 'thread_cursors_pkey');
  readonly threadCursors = new Table('thread_cursors', [this.cursorsKey], [], {
    references: [
      {
        constraint: 'thread_cursors_account_id_fkey',
        find: (c) => this.accountsById.find(c.account_id),
      },
    ],
  });
  readonly partsKey = new Index<MessagePartRow>(
    (p) => p.conversation_id + p.message_seq,
    'message_parts_pkey',
  );
  readonly messageParts = new Table('message_parts', [this.partsKey]);
  readonly votesKey = new Index<PollVoteRow>(
    (v) => `${v.conversation_id}${v.message_seq}${v.account_id}`,
    'poll_votes_pkey',
  );
  readonly votesByMessage = new Index<PollVoteRow>((v) => v.conversation_id + v.message_seq);
  readonly pollVotes = new Table('poll_votes', [this.votesKey], [this.votesByMessage]);
  readonly userGroupsById = new Index<UserGroupRow>((g) => g.id, 'user_groups_pkey');
  readonly userGroups = new Table('user_groups', [this.userGroupsById]);
  readonly retentionKey = new Index<GroupRetentionRow>(
    (r) => r.conversation_id,
    'group_retention_pkey',
  );
  readonly groupRetention = new Table('group_retention', [this.retentionKey]);
  readonly retentionProgressKey = new Index<RetentionProgressRow>(
    (p) => p.conversation_id,
    'retention_progress_pkey',
  );
  readonly retentionProgress = new Table('retention_progress', [this.retentionProgressKey]);

  constructor(epoch: string, now: () => number) {
    this.epoch = epoch;
    this.now = now;
    this.put(this.streams, { id: WORKSPACE, kind: 'workspace', last_seq: 0, last_at: 0 });
  }

  /** Inserts a committed row outside of any transaction. */
  put<T extends object>(table: Table<T>, value: T): void {
    const row = new Row<T>();
    row.committed = value;
    table.restore(row, value);
  }

  /** Returns the committed rows of all tables. */
  contents() {
    return {
      streams: this.streams.committed(),
      events: this.events.committed(),
      unchanged_commands: this.unchanged.committed(),
      accounts: this.accounts.committed(),
      conversations: this.conversations.committed(),
      memberships: this.memberships.committed(),
      messages: this.messages.committed(),
      hidden_messages: this.hiddenMessages.committed().map(hiddenContents),
      legal_holds: this.legalHolds.committed(),
      legal_hold_conversations: this.heldConversations.committed(),
      held_events: this.heldEvents.committed().map(heldContents),
      mentions: this.mentions.committed(),
      reactions: this.reactions.committed(),
      pins: this.pins.committed(),
      threads: this.threads.committed(),
      thread_participants: this.threadParticipants.committed(),
      thread_follows: this.threadFollows.committed(),
      thread_cursors: this.threadCursors.committed(),
      message_parts: this.messageParts.committed(),
      poll_votes: this.pollVotes.committed(),
      user_groups: this.userGroups.committed(),
      group_retention: this.groupRetention.committed(),
      retention_progress: this.retentionProgress.committed(),
    };
  }
}
