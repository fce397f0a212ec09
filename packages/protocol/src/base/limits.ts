/**
 * All limits of the protocol. The server enforces them and sends them to clients in `ready`.
 * Sizes are in bytes unless the name says otherwise, times in milliseconds.
 */
export const LIMITS = {
  /** A WebSocket frame from a client; a longer one closes the socket with 1009. */
  frameBytes: 64 * 1024,
  /** A message's body, in Unicode code points. */
  bodyCharacters: 16_000,
  /** Commands of one connection per `commandWindowMs`, refilled evenly. 0: no limit. */
  commands: 30,
  commandWindowMs: 10_000,
  /** Commands of one account over all its sockets per `commandWindowMs`. 0: no limit. */
  accountCommands: 120,
  /**
   * Frames of one socket per `commandWindowMs`, including malformed ones, pings and pongs; every
   * 4 KiB of a frame count as one more. Above it, reading pauses; a socket that keeps sending is
   * closed with 4009. 0: no limit.
   */
  frames: 600,
  /** The same for one account over all its sockets of a node. */
  accountFrames: 2_400,
  /** HTTP requests per minute: of one account, and from one address. 0: no limit. */
  accountRequests: 600,
  addressRequests: 6_000,
  /** Signals (typing) of one connection per `commandWindowMs`; more are dropped silently. */
  signals: 20,
  /** Time from the opening of a socket to its `hello`. */
  helloMs: 10_000,
  /** The interval of the server’s pings; a peer that is silent for `silenceMs` is considered dead. */
  pingMs: 12_000,
  silenceMs: 30_000,
  /**
   * A socket with more unsent bytes than this is congested: the server stops pushing to it and
   * reading from it, and the client catches up later.
   */
  bufferedBytes: 256 * 1024,
  /** Unread bytes of one account over all its sockets of a node; the fullest socket is closed. */
  accountBufferedBytes: 16 * 1024 * 1024,
  /** A congested socket whose client reads nothing for this long is closed with 4008. */
  stalledMs: 30_000,
  /** More missing events than this are not replayed; `reset` is sent instead. */
  replayEvents: 500,
  /** Streams in the cursor of one `hello`. */
  cursorStreams: 5_000,
  /** Conversations in the `resend` of one `hello`. */
  resendConversations: 100,
  /** Sockets of one account at a time. */
  connectionsPerAccount: 20,
  /** Items of a page. */
  pageDefault: 50,
  pageMax: 200,
  /** Names, in code points. */
  usernameMin: 2,
  usernameMax: 32,
  displayNameMax: 64,
  groupNameMax: 80,
  profileTitleMax: 80,
  pronounsMax: 40,
  /** The text of a status, in code points. */
  statusTextMax: 100,
  /** The topic and the description of a group, in code points. */
  groupTopicMax: 250,
  groupDescriptionMax: 1_000,
  /** The longest wait between two posts of a member, in seconds. */
  slowModeSecondsMax: 21_600,
  /** The longest time after which messages are deleted: a hundred years. */
  retentionDaysMax: 36_500,
  passwordMin: 10,
  /** A password, in bytes of UTF-8: hashing longer ones would only waste time. */
  passwordBytesMax: 1024,
  /** Different emoji on one message. */
  reactionsPerMessage: 50,
  /** The choices of a poll, and the characters of each. */
  pollChoicesMin: 2,
  pollChoicesMax: 20,
  pollChoiceCharacters: 200,
  /** Accounts that a message names for each choice of its poll. */
  pollAccounts: 10,
  /** Pinned messages of one conversation. */
  pinsPerConversation: 100,
  /** Users of a direct conversation. */
  directUsersMax: 10,
  /** Messages that one account can report in an hour, and the characters of a comment. */
  reportsPerHour: 20,
  reportCommentMax: 1_000,
  /** Reports of one message that are resolved together; further ones stay open. */
  reportsResolvedAtOnce: 50,
  /** Legal holds in force, the accounts and the conversations of each, and the characters of their texts. */
  legalHolds: 100,
  legalHoldTargets: 200,
  legalHoldNameMax: 100,
  legalHoldReasonMax: 1_000,
  /** Legal holds of a page, and groups that are found for a new one. */
  legalHoldsPage: 20,
  /** Accounts that one account can block. */
  blocksMax: 1_000,
  /** Keywords of one account, and the characters of each. */
  notificationKeywords: 25,
  notificationKeywordCharacters: 50,
  /** Conversations and threads of one account with overrides of its notification settings. */
  notificationOverrides: 2_000,
  /** Devices to which notifications are pushed, of one account. */
  notificationDevices: 20,
  /** Sections that one account creates in its sidebar, and the characters of the name of each. */
  sidebarSections: 30,
  sectionNameCharacters: 40,
  /** Conversations that one account has put into a section or in an order. */
  sidebarPlacements: 1_000,
  /** Direct conversations of one account that are closed. */
  closedConversations: 2_000,
  /** Links of one group that can still be used. */
  linksPerGroup: 50,
  /** Groups that a guest is invited to at once. */
  guestGroups: 50,
  /** The greatest number of accounts that a link can be limited to. */
  linkUsesMax: 100_000,
  /** Accounts that the root of a thread lists as the authors of its latest replies. */
  threadAuthors: 3,
  /** Followed threads whose read cursors a client gets: those with the latest replies. */
  threadCursors: 1_000,
  /** Threads that one account follows by its own choice. */
  threadFollows: 1_000,
  /** Threads that one account follows, or no longer follows, by its own choice, in all conversations ever. */
  threadChoices: 10_000,
  /** Saved messages of one account. */
  savedMessages: 1_000,
  /** Scheduled messages of one account, the bytes of their texts, and how far ahead they may be. */
  scheduledMessages: 100,
  scheduledBytes: 512 * 1024,
  scheduleAheadMs: 366 * 86_400_000,
  /** Drafts of one account. */
  drafts: 100,
  /** Different names in one message that are resolved to mentions; later ones stay text. */
  mentionsPerMessage: 50,
  /** User groups of the server, the accounts of each, and its title in code points. */
  userGroups: 100,
  userGroupMembers: 200,
  userGroupTitleMax: 80,
  /** User groups that one message mentions; the names of further ones stay text. */
  userGroupsPerMessage: 5,
  /** Files attached to one message. */
  attachmentsPerMessage: 10,
  /** Links of a message that get a preview, and the characters of each link and of the parts of a preview. */
  previewsPerMessage: 5,
  previewUrlCharacters: 1_000,
  previewTitleCharacters: 200,
  previewDescriptionCharacters: 300,
  previewSiteCharacters: 80,
  /** Unfinished uploads of one account. */
  uploadsPerAccount: 20,
  /** Files of one account that no message has ever referred to, including unfinished uploads. */
  unattachedFiles: 200,
  /** The source file of an avatar or the icon of the server, in bytes. */
  avatarBytes: 5 * 1024 * 1024,
  /** Avatars and icons that one account can set in an hour. */
  avatarsPerHour: 30,
  /** Custom emoji of the server, and the deleted ones whose names are kept. */
  customEmoji: 1_000,
  deletedEmoji: 1_000,
  /** The characters of the name of a custom emoji and of an alias, and the aliases of each. */
  emojiNameMin: 2,
  emojiNameMax: 32,
  emojiAliases: 10,
  /** The source file of a custom emoji, its frames, and the emoji itself, in bytes. */
  emojiFileBytes: 2 * 1024 * 1024,
  emojiFrames: 100,
  emojiBytes: 512 * 1024,
  /** Custom emoji that one account can create in an hour. */
  emojiPerHour: 200,
  /** The name of a file, in bytes of UTF-8; longer ones are shortened before their extension. */
  fileNameBytes: 255,
  /**
   * In groups with more members than this, `@everyone`, `@here` and mentions of user groups with more
   * accounts than this need the role `mentionEveryone`.
   */
  mentionEveryoneMembers: 50,
  /** The number of latest items kept in the activity of an account. */
  activityItems: 1_000,
  /** Accounts and emoji that an item of the activity names. */
  activityActors: 3,
  /** Unread messages are counted up to this and shown as “99+” from there on. */
  unreadMax: 100,
  /** Open reports are counted up to this number. */
  openReportsMax: 1_000,
  /** The text of a search, in UTF-16 code units, and its words, phrases and filters together. */
  searchCharacters: 1_000,
  searchParts: 24,
  /** Concurrent searches of one account on a node. */
  searchesPerAccount: 3,
  /** Groups larger than this send no receipts. */
  receiptsMembers: 100,
  /** Accounts whose presence one socket can subscribe to. */
  presenceSubscriptions: 200,
  /** Accounts whose presence is sent in `ready` to a socket without subscriptions. */
  presenceMax: 2_000,
  /** A typing signal expires after this time unless repeated. */
  typingMs: 6_000,
} as const;

/** The limits as sent to clients: a server may be configured with other values than {@link LIMITS}. */
export type Limits = { readonly [K in keyof typeof LIMITS]: number };
