import {
  type AccountId,
  type ConversationId,
  conversationOfStream,
  type Event,
  type EventOf,
  type EventType,
  type Seq,
} from '@parley/protocol';
import type { QueryKey } from '@tanstack/react-query';
import { keys } from './keys.ts';

/** For events that affect no REST query, or only data that the SDK keeps up to date. */
const none = () => [];

const conversationOf = ({ stream }: Event): ConversationId => conversationOfStream(stream);

/** The queries that show the text of a message. */
const textOf = (conversation: ConversationId, message: Seq): QueryKey[] => [
  keys.pins(conversation),
  keys.files(conversation),
  keys.messageContext(conversation),
  keys.editHistory(conversation, message),
  keys.linkedMessage(conversation, message),
  keys.saved(),
  keys.threads(),
  keys.activity(),
  keys.foundMessages(),
];
const afterTextChange = (
  event: EventOf<'message.edited' | 'message.deleted' | 'message.hidden' | 'message.unhidden'>,
): QueryKey[] => textOf(conversationOf(event), event.data.message);

/**
 * The queries that show messages or members of a conversation that an account has joined or left.
 */
const membership = ({
  data: { conversation },
}: EventOf<'conversation.joined' | 'conversation.left'>): QueryKey[] => [
  keys.pins(conversation),
  keys.files(conversation),
  keys.messageContext(conversation),
  keys.linkedMessage(conversation),
  keys.members(conversation),
  keys.bans(conversation),
  keys.groupLinks(conversation),
  keys.retention(conversation),
  keys.saved(),
  keys.threads(),
  keys.activity(),
  keys.linkedGroup(),
];

const account = (id: AccountId): QueryKey[] => [
  keys.profile(id),
  keys.accounts(),
  keys.serviceAccounts(),
];
const afterUserChange = ({ data }: { readonly data: { readonly account: AccountId } }) =>
  account(data.account);
const publicGroups = () => [keys.publicGroups()];
const scheduled = () => [keys.scheduled()];
const saved = () => [keys.saved()];
const threads = () => [keys.threads()];
const blocks = () => [keys.blocks()];
const pins = (event: Event) => [keys.pins(conversationOf(event))];
const bans = (event: Event) => [keys.bans(conversationOf(event))];
const members = (event: Event) => [keys.members(conversationOf(event)), keys.publicGroups()];
const groupLinks = (event: Event) => [keys.groupLinks(conversationOf(event))];

/** The REST queries that each event makes outdated. */
const OUTDATED: { readonly [T in EventType]: (event: EventOf<T>) => readonly QueryKey[] } = {
  // The SDK keeps the events between messages up to date.
  'conversation.created': none,
  'conversation.updated': (event) =>
    event.data.retention === undefined ? [] : [keys.retention(conversationOf(event))],
  'conversation.deleted': () => [keys.saved(), keys.threads(), keys.activity()],
  'member.joined': (event) => [
    ...members(event),
    ...(event.data.link === undefined ? [] : groupLinks(event)),
  ],
  'member.left': members,
  'member.role_changed': members,
  'member.banned': (event) => [...members(event), ...bans(event)],
  'member.unbanned': bans,
  'link.created': groupLinks,
  'link.revoked': groupLinks,
  'message.posted': (event) => [
    ...(event.data.thread === undefined ? [] : [keys.threads()]),
    ...(event.data.attachments === undefined ? [] : [keys.files(conversationOf(event))]),
  ],
  'poll.voted': (event) => [keys.pollVoters(conversationOf(event), event.data.message)],
  'poll.closed': none,
  'message.edited': afterTextChange,
  'message.deleted': afterTextChange,
  'message.hidden': afterTextChange,
  'message.unhidden': afterTextChange,
  // New reactions are reported by the revision of the activity.
  'reaction.added': none,
  'reaction.removed': () => [keys.activity()],
  'message.previewed': none,
  'message.pinned': pins,
  'message.unpinned': pins,
  'conversation.joined': membership,
  'conversation.left': membership,
  'message.saved': saved,
  'message.unsaved': saved,
  'reminder.due': saved,
  'message.scheduled': scheduled,
  'message.unscheduled': scheduled,
  'scheduled.sent': scheduled,
  'scheduled.failed': scheduled,
  'thread.followed': threads,
  'thread.unfollowed': threads,
  // Lists of reports follow the revision in the SDK.
  'message.reported': none,
  'report.resolved': none,
  'account.blocked': blocks,
  'account.unblocked': blocks,
  'status.changed': () => [keys.status(), keys.profile()],
  'notifications.changed': none,
  'notifications.overridden': none,
  'sidebar.changed': none,
  'sidebar.moved': none,
  'sidebar.closed': none,
  'user.registered': (event) => [...afterUserChange(event), keys.invitations()],
  'user.updated': (event) => [...afterUserChange(event), keys.blocks()],
  'user.deactivated': afterUserChange,
  'user.reactivated': afterUserChange,
  'user.suspended': afterUserChange,
  'user.unsuspended': afterUserChange,
  'user.role_changed': afterUserChange,
  'user.deleted': (event) => [...afterUserChange(event), keys.blocks()],
  'group.created': publicGroups,
  'group.updated': publicGroups,
  'group.deleted': publicGroups,
  'user_group.changed': none,
  'user_group.deleted': none,
  'emoji.changed': none,
  'emoji.deleted': none,
  'server.updated': () => [keys.serverSettings(), keys.retention()],
};

/** Returns the keys that an event makes outdated. */
export function outdatedBy(event: Event): readonly QueryKey[] {
  // A newer server may send events that this client does not know.
  const keysOf = OUTDATED[event.type] as ((event: Event) => readonly QueryKey[]) | undefined;
  return keysOf?.(event) ?? [];
}
