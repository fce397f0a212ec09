import {
  AccountId,
  ClientId,
  ConversationId,
  EmojiId,
  FileId,
  LinkId,
  NotificationDeviceId,
  ScheduledId,
  Seq,
  StreamId,
  UserGroupId,
} from '@parley/protocol';
import { describe, expect, test, vi } from 'vitest';
import { AccountApi } from './api/account.ts';
import { AdminApi } from './api/admin.ts';
import { AdmissionApi } from './api/admission.ts';
import { ParleyApi } from './api/api.ts';
import type { ApiError } from './api/api-error.ts';
import { AuthApi } from './api/auth.ts';
import { EmojiApi } from './api/emoji.ts';
import { ImagesApi } from './api/images.ts';
import { LegalHoldsApi } from './api/legal-holds.ts';
import { ModerationApi } from './api/moderation.ts';
import { PersonalApi } from './api/personal.ts';
import { PollsApi } from './api/polls.ts';
import { PreviewsApi } from './api/previews.ts';
import { ReportsApi } from './api/reports.ts';
import { RetentionApi } from './api/retention.ts';
import { UserGroupsApi } from './api/user-groups.ts';

const ID = ClientId.parse('0197a000-0000-7000-8000-000000000001');
const A = AccountId.parse('0197a000-0000-7000-8000-00000000000a');
const C = ConversationId.parse('0197a000-0000-7000-8000-00000000000c');
const FILE = FileId.parse('0197a000-0000-7000-8000-0000000000ff');
const LINK = LinkId.parse('0197a000-0000-7000-8000-00000000000f');
const E = EmojiId.parse('0197a000-0000-7000-8000-0000000000e1');

const G = UserGroupId.parse('0197a000-0000-7000-8000-00000000000e');
const D = NotificationDeviceId.parse('0197a000-0000-7000-8000-00000000000b');
const SEQ = Seq.parse(7);
const SCHEDULED = ScheduledId.parse('0197a000-0000-7000-8000-00000000000d');
const AT = '2027-03-01T09:00:00.000Z';
const STREAM = StreamId.parse('0197a000-0000-7000-8000-00000000000e');
const ITEMS = { items: [] };
const SESSION = { accessToken: 't', accessTokenExpiresIn: 600, account: A };
const LOGGED_IN = { ...SESSION, me: { id: A } };

/** Calls one method, and returns its request and its result. */
async function requestOf(
  call: (apis: {
    api: ParleyApi;
    account: AccountApi;
    admin: AdminApi;
    auth: AuthApi;
  }) => Promise<unknown>,
  answer: object,
) {
  const sent: { request: string; body?: unknown; id?: string; authorized: boolean }[] = [];
  const api = new ParleyApi({
    url: 'https://chat.example',
    sessionToken: 's',
    fetch: async (input, init) => {
      const { pathname, search } = new URL(String(input));
      const headers = new Headers(init?.headers);
      const id = headers.get('idempotency-key');
      if (pathname === '/api/v1/auth/token') return Response.json(SESSION);
      sent.push({
        request: `${init?.method} ${pathname}${search}`,
        ...(typeof init?.body === 'string' && { body: JSON.parse(init.body) }),
        ...(id !== null && { id }),
        authorized: headers.get('authorization') === 'Bearer t',
      });
      return Response.json(answer);
    },
  });
  const apis = {
    api,
    account: new AccountApi(api),
    admin: new AdminApi(api),
    auth: new AuthApi(api),
  };
  const result = await call(apis);
  return { sent, result };
}

type Call = Parameters<typeof requestOf>[0];
type Row = readonly [request: string, call: Call, rest?: { body?: unknown; id?: string }];

/** Requests of a logged-in account, each with the access token. */
const AUTHORIZED: readonly Row[] = [
  ['GET /me', ({ api }) => api.me()],
  ['GET /server-settings', ({ api }) => api.serverSettings()],
  [
    `GET /admin/audit-log?event=logged_out&account=${A}&limit=5&after=z`,
    ({ admin }) => admin.auditLog({ event: 'logged_out', account: A, limit: 5, after: 'z' }),
  ],
  [
    'GET /admin/audit-log/export?format=csv&event=logged_out',
    ({ admin }) => admin.exportAuditLog('csv', { event: 'logged_out' }),
  ],
  [
    `POST /admin/accounts/${A}/suspend`,
    ({ admin }) => admin.suspend(A, { until: '2030-01-01T00:00:00.000Z', reason: 'r' }, ID),
    { body: { until: '2030-01-01T00:00:00.000Z', reason: 'r' }, id: ID },
  ],
  [`POST /admin/accounts/${A}/unsuspend`, ({ admin }) => admin.unsuspend(A, ID), { id: ID }],
  [
    `POST /admin/accounts/${A}/bulk-deletions`,
    ({ admin }) => admin.deleteMessages(A, { since: '2026-01-01T00:00:00.000Z' }, ID),
    { body: { since: '2026-01-01T00:00:00.000Z' }, id: ID },
  ],
  [
    `PUT /conversations/${C}/messages/7/hidden`,
    ({ api }) => api.moderation.hideMessage(C, SEQ, ID),
    { id: ID },
  ],
  [
    `DELETE /conversations/${C}/messages/7/hidden`,
    ({ api }) => api.moderation.unhideMessage(C, SEQ, ID),
    { id: ID },
  ],
  [`GET /conversations/${C}/messages/7/hidden`, ({ api }) => api.moderation.hiddenMessage(C, SEQ)],
  [
    'POST /admin/legal-holds',
    ({ api }) => api.legalHolds.place({ name: 'Case 1', accounts: [A] }, ID),
    { body: { name: 'Case 1', accounts: [A] }, id: ID },
  ],
  [`GET /admin/legal-holds/${ID}`, ({ api }) => api.legalHolds.get(ID)],
  [
    `DELETE /admin/accounts/${A}/bulk-deletions/${ID}`,
    ({ admin }) => admin.cancelBulkDeletion(A, ID),
  ],
  [`POST /admin/legal-holds/${ID}/release`, ({ api }) => api.legalHolds.release(ID)],
  [
    `POST /conversations/${C}/messages/7/report`,
    ({ api }) => api.reports.reportMessage(C, SEQ, { reason: 'spam' }, ID),
    { body: { reason: 'spam' }, id: ID },
  ],
  [
    `GET /conversations/${C}/reports?limit=5`,
    ({ api }) => api.reports.groupReports(C, { limit: 5 }),
  ],
  ['GET /admin/reports?limit=5', ({ api }) => api.reports.allReports({ limit: 5 })],
  ['GET /admin/legal-holds?limit=5', ({ api }) => api.legalHolds.list({ limit: 5 })],
  [`GET /admin/legal-holds/${ID}/export`, ({ api }) => api.legalHolds.exportMessages(ID)],
  ['GET /admin/legal-holds/groups?search=lab', ({ api }) => api.legalHolds.findGroups('lab')],
  ['GET /reports/open', ({ api }) => api.reports.countOpen()],
  ['GET /reports/r', ({ api }) => api.reports.report('r')],
  [
    'POST /reports/r/resolve',
    ({ api }) => api.reports.resolveReport('r', { action: 'dismiss' }, ID),
    { body: { action: 'dismiss' }, id: ID },
  ],
  [`GET /conversations/${C}/retention`, ({ api }) => api.retention.of(C)],
  [
    `PUT /conversations/${C}/retention`,
    ({ api }) => api.retention.change(C, 90, ID),
    { body: { retention: 90 }, id: ID },
  ],
  [
    `GET /conversations/${C}/retention/expired?days=30`,
    ({ api }) => api.retention.countExpired(C, 30),
  ],
  [
    'GET /admin/retention/expired?days=30&groupRetention=any',
    ({ api }) => api.retention.countAllExpired({ days: 30, groupRetention: 'any' }),
  ],
  ['GET /admin/word-filter', ({ admin }) => admin.wordFilter()],
  [
    'PUT /admin/word-filter',
    ({ admin }) => admin.changeWordFilter({ words: [], revision: 2 }),
    { body: { words: [], revision: 2 } },
  ],
  ['GET /admin/server-settings', ({ admin }) => admin.serverSettings()],
  [
    'PATCH /admin/server-settings',
    ({ admin }) => admin.changeServerSettings({ name: 'n', messageEditWindow: null }, ID),
    { body: { name: 'n', messageEditWindow: null }, id: ID },
  ],
  ['GET /users', ({ api }) => api.users()],
  [
    'GET /users?search=a%26b&limit=5&after=z',
    ({ api }) => api.users({ search: 'a&b', limit: 5, after: 'z' }),
  ],
  [`GET /users/${A}`, ({ api }) => api.user(A)],
  [`GET /users/${A}/profile`, ({ api }) => api.userProfile(A)],
  ['GET /me/status', ({ account }) => account.status()],
  [
    'PATCH /me/status',
    ({ account }) => account.updateStatus({ text: 'away' }, ID),
    { body: { text: 'away' }, id: ID },
  ],
  [`GET /conversations/${C}`, ({ api }) => api.conversation(C)],
  [
    'POST /conversations',
    ({ api }) => api.createGroup({ name: 'g', visibility: 'private', members: [A] }, ID),
    { body: { name: 'g', visibility: 'private', members: [A] }, id: ID },
  ],
  [
    'POST /conversations/direct',
    ({ api }) => api.openDirect(A, ID),
    { body: { account: A }, id: ID },
  ],
  [
    'POST /conversations/direct',
    ({ api }) => api.openDirectWith([A], ID),
    { body: { accounts: [A] }, id: ID },
  ],
  [`PUT /me/blocks/${A}`, ({ account }) => account.block(A, ID), { id: ID }],
  [`DELETE /me/blocks/${A}`, ({ account }) => account.unblock(A, ID), { id: ID }],
  ['GET /groups?search=x', ({ api }) => api.groups({ search: 'x' })],
  [`GET /groups?member=${A}`, ({ api }) => api.groups({ member: A })],
  [
    `PATCH /conversations/${C}`,
    ({ api }) => api.renameGroup(C, 'n', ID),
    { body: { name: 'n' }, id: ID },
  ],
  [
    `PATCH /conversations/${C}`,
    ({ api }) => api.updateGroup(C, { topic: 't', slowModeSeconds: 5 }, ID),
    { body: { topic: 't', slowModeSeconds: 5 }, id: ID },
  ],
  [`POST /conversations/${C}/archive`, ({ api }) => api.archiveGroup(C, ID), { id: ID }],
  [`POST /conversations/${C}/restore`, ({ api }) => api.restoreGroup(C, ID), { id: ID }],
  [`GET /conversations/${C}/bans?search=x`, ({ api }) => api.admission.bans(C, { search: 'x' })],
  [`PUT /conversations/${C}/bans/${A}`, ({ api }) => api.admission.ban(C, A, ID), { id: ID }],
  [`DELETE /conversations/${C}/bans/${A}`, ({ api }) => api.admission.unban(C, A, ID), { id: ID }],
  [
    `POST /conversations/${C}/links`,
    ({ api }) => api.admission.createGroupLink(C, { maxUses: 3 }, ID),
    { body: { maxUses: 3 }, id: ID },
  ],
  [
    `DELETE /conversations/${C}/links/${LINK}`,
    ({ api }) => api.admission.revokeGroupLink(C, LINK, ID),
    { id: ID },
  ],
  ['PUT /me/avatar', ({ api }) => api.images.setAvatar(FILE), { body: { file: FILE } }],
  ['DELETE /me/avatar', ({ api }) => api.images.removeAvatar()],
  [
    `PUT /conversations/${C}/avatar`,
    ({ api }) => api.images.setGroupAvatar(C, FILE, ID),
    { body: { file: FILE }, id: ID },
  ],
  [
    `DELETE /conversations/${C}/avatar`,
    ({ api }) => api.images.removeGroupAvatar(C, ID),
    { id: ID },
  ],
  [
    'PUT /admin/server-settings/icon',
    ({ api }) => api.images.setServerIcon(FILE, ID),
    { body: { file: FILE }, id: ID },
  ],
  ['DELETE /admin/server-settings/icon', ({ api }) => api.images.removeServerIcon(ID), { id: ID }],
  ['GET /images/token', ({ api }) => api.images.token()],
  ['POST /group-links/show', ({ api }) => api.admission.linkedGroup('s'), { body: { token: 's' } }],
  [
    'POST /group-links/join',
    ({ api }) => api.admission.joinByLink('s', ID),
    { body: { token: 's' }, id: ID },
  ],
  [
    `PATCH /conversations/${C}/minimum-roles`,
    ({ api }) => api.changeMinimumRoles(C, {}, ID),
    { body: {}, id: ID },
  ],
  [
    `POST /conversations/${C}/owner`,
    ({ api }) => api.transferOwnership(C, A, ID),
    { body: { account: A }, id: ID },
  ],
  [`DELETE /conversations/${C}`, ({ api }) => api.deleteGroup(C, ID), { id: ID }],
  [`POST /conversations/${C}/join`, ({ api }) => api.join(C, ID), { id: ID }],
  [`POST /conversations/${C}/leave`, ({ api }) => api.leave(C, ID), { id: ID }],
  [`GET /conversations/${C}/members?limit=2`, ({ api }) => api.members(C, { limit: 2 })],
  [
    `POST /conversations/${C}/members`,
    ({ api }) => api.addMember(C, A, ID),
    { body: { account: A }, id: ID },
  ],
  [
    `PATCH /conversations/${C}/members/${A}`,
    ({ api }) => api.changeMemberRole(C, A, 'admin', ID),
    { body: { role: 'admin' }, id: ID },
  ],
  [`DELETE /conversations/${C}/members/${A}`, ({ api }) => api.removeMember(C, A, ID), { id: ID }],
  [
    `GET /conversations/${C}/messages?around=7&limit=3`,
    ({ api }) => api.history(C, { around: SEQ, limit: 3 }),
  ],
  [`GET /conversations/${C}/messages/7`, ({ api }) => api.message(C, SEQ)],
  [
    `GET /conversations/${C}/messages/7/history?before=9`,
    ({ api }) => api.editHistory(C, SEQ, { before: Seq.parse(9) }),
  ],
  [
    `GET /conversations/${C}/mention-suggestions?search=ri`,
    ({ api }) => api.mentionSuggestions(C, { search: 'ri' }),
  ],
  [`GET /files/${FILE}`, ({ api }) => api.file(FILE)],
  [`GET /files/links?files=${FILE}`, ({ api }) => api.fileLinks([FILE])],
  [`DELETE /uploads/${FILE}`, ({ api }) => api.cancelUpload(FILE)],
  [
    `POST /conversations/${C}/messages`,
    ({ api }) => api.post(C, 'hi', { id: ID }),
    { body: { body: 'hi' }, id: ID },
  ],
  [
    `POST /conversations/${C}/messages`,
    ({ api }) => api.post(C, '', { replyTo: SEQ, attachments: [FILE] }),
    { body: { body: '', replyTo: 7, attachments: [FILE] } },
  ],
  [
    `PATCH /conversations/${C}/messages/7`,
    ({ api }) => api.edit(C, SEQ, 'ho', ID),
    { body: { body: 'ho' }, id: ID },
  ],
  [`DELETE /conversations/${C}/messages/7`, ({ api }) => api.remove(C, SEQ, ID), { id: ID }],
  [
    `PUT /conversations/${C}/messages/7/reactions/%F0%9F%91%8D`,
    ({ api }) => api.react(C, SEQ, '👍', ID),
    { id: ID },
  ],
  [
    `DELETE /conversations/${C}/messages/7/reactions/%F0%9F%91%8D`,
    ({ api }) => api.unreact(C, SEQ, '👍', ID),
    { id: ID },
  ],
  [`GET /conversations/${C}/pins`, ({ api }) => api.pinnedMessages(C)],
  [
    'GET /search/messages?timeZone=Europe%2FBerlin&query=tea',
    ({ api }) => api.searchMessages({ query: 'tea', timeZone: 'Europe/Berlin' }),
  ],
  [`PUT /conversations/${C}/messages/7/pin`, ({ api }) => api.pin(C, SEQ, ID), { id: ID }],
  [`DELETE /conversations/${C}/messages/7/pin`, ({ api }) => api.unpin(C, SEQ, ID), { id: ID }],
  [
    `POST /conversations/${C}/read`,
    ({ api }) => api.read(C, SEQ),
    { body: { seq: 7, unread: false } },
  ],
  [
    `POST /conversations/${C}/read`,
    ({ api }) => api.read(C, SEQ, true),
    { body: { seq: 7, unread: true } },
  ],
  [
    `POST /conversations/${C}/read`,
    ({ api }) => api.read(C, SEQ, true, 2),
    { body: { seq: 7, unread: true, revision: 2 } },
  ],
  [
    `GET /notifications/why?conversation=${C}&seq=7`,
    ({ api }) => api.notifications.why(C, 7 as Seq),
  ],
  ['GET /me/activity', ({ api }) => api.activity.list()],
  [
    'GET /me/activity?kinds=mention%2Creply&unread=true&after=x&limit=5',
    ({ api }) =>
      api.activity.list({ kinds: ['mention', 'reply'], unread: true, after: 'x', limit: 5 }),
  ],
  ['GET /me/activity/unread', ({ api }) => api.activity.unread()],
  [
    'POST /me/activity/read',
    ({ api }) => api.activity.read([{ id: 'new_user:1', seq: 0 }]),
    { body: { items: [{ id: 'new_user:1', seq: 0 }] } },
  ],
  ['POST /me/activity/read-all', ({ api }) => api.activity.readAll()],
  ['GET /me/notifications/devices', ({ api }) => api.notifications.devices.list()],
  [
    'POST /me/notifications/devices',
    ({ api }) =>
      api.notifications.devices.add({ kind: 'ntfy', url: 'https://ntfy.sh/topic', name: 'Phone' }),
    { body: { kind: 'ntfy', url: 'https://ntfy.sh/topic', name: 'Phone' } },
  ],
  [
    `PATCH /me/notifications/devices/${D}`,
    ({ api }) => api.notifications.devices.change(D, { showsContent: false }),
    { body: { showsContent: false } },
  ],
  [`DELETE /me/notifications/devices/${D}`, ({ api }) => api.notifications.devices.remove(D)],
  [`POST /me/notifications/devices/${D}/test`, ({ api }) => api.notifications.devices.test(D)],
  ['GET /me/notifications', ({ api }) => api.notifications.settings()],
  [
    'PATCH /me/notifications',
    ({ api }) => api.notifications.change({ level: 'mentions' }, ID),
    { body: { level: 'mentions' }, id: ID },
  ],
  [
    `PATCH /me/notifications/conversations/${C}`,
    ({ api }) => api.notifications.changeConversation(C, { level: 'all' }, ID),
    { body: { level: 'all' }, id: ID },
  ],
  [
    `PATCH /me/notifications/conversations/${C}/threads/7`,
    ({ api }) => api.notifications.changeThread(C, 7 as Seq, { muted: null }, ID),
    { body: { muted: null }, id: ID },
  ],
  ['GET /me/sidebar', ({ api }) => api.sidebar.get()],
  [
    'PATCH /me/sidebar',
    ({ api }) => api.sidebar.setUnreadOnly(true, ID),
    { body: { unreadOnly: true }, id: ID },
  ],
  [
    'POST /me/sidebar/sections',
    ({ api }) => api.sidebar.createSection('Work', ID),
    { body: { name: 'Work' }, id: ID },
  ],
  [
    'PATCH /me/sidebar/sections/groups',
    ({ api }) => api.sidebar.changeSection('groups', { isCollapsed: true }, ID),
    { body: { isCollapsed: true }, id: ID },
  ],
  [`DELETE /me/sidebar/sections/${C}`, ({ api }) => api.sidebar.deleteSection(C, ID), { id: ID }],
  [
    'POST /me/sidebar/moves',
    ({ api }) => api.sidebar.move({ conversations: [C], section: 'favorites', after: null }, ID),
    { body: { conversations: [C], section: 'favorites', after: null }, id: ID },
  ],
  [
    `PUT /me/sidebar/closed/${C}`,
    ({ api }) => api.sidebar.close(C, SEQ, ID),
    { body: { seq: SEQ }, id: ID },
  ],
  [`DELETE /me/sidebar/closed/${C}`, ({ api }) => api.sidebar.reopen(C, ID), { id: ID }],
  ['GET /me/drafts', ({ api }) => api.drafts()],
  [
    `PUT /me/drafts/${C}`,
    ({ api }) => api.saveDraft({ conversation: C }, 'unsent'),
    { body: { body: 'unsent' } },
  ],
  [
    `PUT /me/drafts/${C}`,
    ({ api }) => api.saveDraft({ conversation: C, thread: SEQ }, 'reply'),
    { body: { body: 'reply', thread: SEQ } },
  ],
  [
    `DELETE /me/drafts/${C}?version=3`,
    ({ api }) => api.deleteDraft({ conversation: C, thread: null }, 3),
  ],
  ['GET /me/saved?limit=5', ({ api }) => api.personal.savedMessages({ limit: 5 })],
  [
    `PUT /conversations/${C}/messages/7/saved`,
    ({ api }) => api.personal.save(C, SEQ),
    { body: { remindAt: null } },
  ],
  [`DELETE /conversations/${C}/messages/7/saved`, ({ api }) => api.personal.unsave(C, SEQ)],
  [
    `POST /conversations/${C}/polls`,
    ({ api }) => api.polls.createPoll(C, { question: 'Lunch?', choices: ['Soup', 'Salad'] }),
    { body: { question: 'Lunch?', choices: ['Soup', 'Salad'] } },
  ],
  [
    `PUT /conversations/${C}/messages/7/poll/vote`,
    ({ api }) => api.polls.vote(C, SEQ, [1]),
    { body: { choices: [1] } },
  ],
  [
    `GET /conversations/${C}/messages/7/poll/choices/1/voters?limit=5`,
    ({ api }) => api.polls.voters(C, SEQ, 1, { limit: 5 }),
  ],
  ['GET /user-groups', ({ api }) => api.userGroups.list()],
  [
    'POST /admin/user-groups',
    ({ api }) => api.userGroups.create({ name: 'designers', title: 'Design team' }),
    { body: { name: 'designers', title: 'Design team' } },
  ],
  [
    `PATCH /admin/user-groups/${G}`,
    ({ api }) => api.userGroups.update(G, { members: [] }),
    { body: { members: [] } },
  ],
  [`DELETE /admin/user-groups/${G}`, ({ api }) => api.userGroups.delete(G)],
  ['GET /emoji', ({ api }) => api.emoji.list()],
  [
    'POST /emoji',
    ({ api }) => api.emoji.add({ name: 'parrot', aliases: ['bird'], file: FILE }),
    { body: { name: 'parrot', aliases: ['bird'], file: FILE } },
  ],
  [
    `PATCH /emoji/${E}`,
    ({ api }) => api.emoji.update(E, { name: 'bird' }),
    { body: { name: 'bird' } },
  ],
  [`DELETE /emoji/${E}`, ({ api }) => api.emoji.delete(E)],
  [
    `POST /conversations/${C}/messages/7/previews/remove`,
    ({ api }) => api.previews.remove(C, SEQ, 'https://example.org/'),
    { body: { url: 'https://example.org/' } },
  ],
  [`POST /conversations/${C}/messages/7/poll/close`, ({ api }) => api.polls.closePoll(C, SEQ)],
  [
    `POST /conversations/${C}/messages/7/forward`,
    ({ api }) => api.forward(C, SEQ, C),
    { body: { to: C } },
  ],
  ['GET /me/scheduled', ({ api }) => api.personal.scheduled()],
  [
    'POST /me/scheduled',
    ({ api }) => api.personal.schedule({ conversation: C, body: 'later', sendAt: AT }),
    { body: { conversation: C, body: 'later', sendAt: AT } },
  ],
  [
    `PATCH /me/scheduled/${SCHEDULED}`,
    ({ api }) => api.personal.changeScheduled(SCHEDULED, { sendAt: AT }),
    { body: { sendAt: AT } },
  ],
  [`DELETE /me/scheduled/${SCHEDULED}`, ({ api }) => api.personal.deleteScheduled(SCHEDULED)],
  [`POST /me/scheduled/${SCHEDULED}/send`, ({ api }) => api.personal.sendScheduled(SCHEDULED)],
  [`GET /conversations/${C}/messages/7/thread`, ({ api }) => api.thread(C, SEQ)],
  [
    `GET /conversations/${C}/messages/7/thread?before=9&limit=5`,
    ({ api }) => api.thread(C, SEQ, { before: Seq.parse(9), limit: 5 }),
  ],
  [
    `POST /conversations/${C}/messages`,
    ({ api }) => api.post(C, 'a reply', { id: ID, thread: SEQ, alsoInConversation: true }),
    { body: { body: 'a reply', thread: 7, alsoInConversation: true }, id: ID },
  ],
  ['GET /me/threads?limit=5&after=next', ({ api }) => api.threads({ limit: 5, after: 'next' })],
  ['GET /me/thread-cursors', ({ api }) => api.threadCursors()],
  [
    `POST /conversations/${C}/messages/7/thread/read`,
    ({ api }) => api.readThread(C, SEQ, Seq.parse(9)),
    { body: { seq: 9 } },
  ],
  [
    `PUT /conversations/${C}/messages/7/thread/follow`,
    ({ api }) => api.followThread(C, SEQ, ID),
    { id: ID },
  ],
  [
    `DELETE /conversations/${C}/messages/7/thread/follow`,
    ({ api }) => api.unfollowThread(C, SEQ, ID),
    { id: ID },
  ],
  ['GET /me/cursors', ({ api }) => api.cursors()],
  ['POST /me/cursors/read-all', ({ api }) => api.readAll()],
  [`GET /conversations/${C}/messages/7/seen-by`, ({ api }) => api.seenBy(C, SEQ)],
  [
    `GET /streams/${STREAM}/events?after=0`,
    ({ api }) => api.events(STREAM, { after: Seq.parse(0) }),
  ],

  [
    'PATCH /me',
    ({ account }) => account.update({ displayName: 'A' }),
    { body: { displayName: 'A' } },
  ],
  [
    'POST /me/password',
    ({ account }) => account.changePassword('a', 'b'),
    { body: { current: 'a', next: 'b' } },
  ],
  ['POST /me/verification', ({ account }) => account.sendVerification()],
  ['POST /me/verify', ({ account }) => account.verify('1'), { body: { code: '1' } }],
  [
    'POST /me/email',
    ({ account }) => account.requestEmailChange('a@b.example'),
    { body: { email: 'a@b.example' } },
  ],
  [
    'POST /me/email/confirm',
    ({ account }) => account.confirmEmailChange('1'),
    { body: { code: '1' } },
  ],
  ['DELETE /me/sessions/x', ({ account }) => account.endSession('x')],
  ['POST /me/sessions/end-others', ({ account }) => account.endOtherSessions()],
  [
    'POST /me/reauthenticate',
    ({ account }) => account.reauthenticate('p'),
    { body: { password: 'p' } },
  ],
  // An account without a password sends none, not an empty one.
  ['POST /me/reauthenticate', ({ account }) => account.reauthenticate(''), { body: {} }],
  ['GET /me/second-factor', ({ account }) => account.secondFactors()],
  ['POST /me/totp', ({ account }) => account.setUpTotp('p'), { body: { password: 'p' } }],
  ['POST /me/totp/confirm', ({ account }) => account.confirmTotp('1'), { body: { code: '1' } }],
  ['POST /me/totp/remove', ({ account }) => account.removeTotp('p'), { body: { password: 'p' } }],
  [
    'POST /me/recovery-codes',
    ({ account }) => account.newRecoveryCodes('p'),
    { body: { password: 'p' } },
  ],
  [
    'POST /me/passkeys/options',
    ({ account }) => account.passkeyOptions('p'),
    { body: { password: 'p' } },
  ],
  [
    'POST /me/passkeys',
    ({ account }) => account.addPasskey({ challengeId: 'c' } as never),
    { body: { challengeId: 'c' } },
  ],
  [
    'POST /me/passkeys/k/remove',
    ({ account }) => account.removePasskey('k', 'p'),
    { body: { password: 'p' } },
  ],
  ['POST /me/export', ({ account }) => account.export('p'), { body: { password: 'p' } }],
  [
    'POST /me/delete',
    ({ account }) => account.delete('p', 'keep'),
    { body: { password: 'p', messages: 'keep' } },
  ],
  [
    'POST /me/delete',
    ({ account }) => account.delete('', 'delete'),
    { body: { messages: 'delete' } },
  ],

  [
    'GET /admin/accounts?filter=inactive&kind=user',
    ({ admin }) => admin.accounts({ filter: 'inactive', kind: 'user' }),
  ],
  ['GET /admin/accounts', ({ admin }) => admin.accounts()],
  [`GET /admin/accounts/${A}`, ({ admin }) => admin.account(A)],
  [
    'POST /admin/accounts',
    ({ admin }) => admin.createAccount({ username: 'u' } as never, ID),
    { body: { username: 'u' }, id: ID },
  ],
  [
    `PATCH /admin/accounts/${A}`,
    ({ admin }) => admin.updateAccount(A, { role: 'admin' }, ID),
    { body: { role: 'admin' }, id: ID },
  ],
  [`POST /admin/accounts/${A}/deactivate`, ({ admin }) => admin.deactivate(A)],
  [`POST /admin/accounts/${A}/reactivate`, ({ admin }) => admin.reactivate(A)],
  [`POST /admin/accounts/${A}/unlock`, ({ admin }) => admin.unlock(A)],
  [`POST /admin/accounts/${A}/reset-second-factor`, ({ admin }) => admin.resetSecondFactor(A)],
  [`POST /admin/accounts/${A}/end-sessions`, ({ admin }) => admin.endSessions(A)],
  [`DELETE /admin/accounts/${A}?messages=keep`, ({ admin }) => admin.deleteAccount(A, 'keep')],
  [
    'POST /admin/invitations',
    ({ admin }) => admin.createInvitation({ maxUses: 2 } as never),
    { body: { maxUses: 2 } },
  ],
  ['DELETE /admin/invitations/i', ({ admin }) => admin.revokeInvitation('i')],
  [
    'POST /admin/service-accounts',
    ({ admin }) => admin.createServiceAccount({ username: 'u', displayName: 'U' }, ID),
    { body: { username: 'u', displayName: 'U' }, id: ID },
  ],
  [
    `POST /admin/service-accounts/${A}/keys`,
    ({ admin }) => admin.createApiKey(A, { name: 'k', scopes: [] } as never),
    { body: { name: 'k', scopes: [] } },
  ],
  [`DELETE /admin/service-accounts/${A}/keys/k`, ({ admin }) => admin.revokeApiKey(A, 'k')],
  ['GET /admin/notifications', ({ admin }) => admin.notificationHealth()],
  ['GET /admin/server-state', ({ admin }) => admin.serverState()],
  ['POST /admin/notifications/test-email', ({ admin }) => admin.sendTestEmail()],
];

/** Lists that the server wraps in `items`. */
const LISTS: readonly Row[] = [
  ['GET /search/names?query=ann&limit=5', ({ api }) => api.searchNames('ann', { limit: 5 })],
  ['GET /conversations', ({ api }) => api.conversations()],
  [`GET /conversations/${C}/links`, ({ api }) => api.admission.groupLinks(C)],
  ['GET /me/blocks', ({ account }) => account.blocks()],
  ['GET /me/sessions', ({ account }) => account.sessions()],
  [`GET /admin/accounts/${A}/bulk-deletions`, ({ admin }) => admin.bulkDeletions(A)],
  ['GET /admin/invitations', ({ admin }) => admin.invitations()],
  ['GET /admin/emails', ({ admin }) => admin.email()],
  ['GET /admin/environment', ({ admin }) => admin.environment()],
  ['GET /admin/service-accounts', ({ admin }) => admin.serviceAccounts()],
  [`GET /admin/service-accounts/${A}/keys`, ({ admin }) => admin.keys(A)],
];

/** Requests of a caller who is not logged in, without a token. */
const ANONYMOUS: readonly Row[] = [
  ['GET /auth/options', ({ auth }) => auth.options()],
  [
    'POST /auth/sso/oidc/start',
    ({ auth }) => auth.startSso('oidc', { next: '/', invitation: 'k' }),
    { body: { next: '/', invitation: 'k' } },
  ],
  ['POST /auth/verify/resend', ({ auth }) => auth.resend('k'), { body: { ticket: 'k' } }],
  ['POST /auth/forgot', ({ auth }) => auth.forgot('a@b.c'), { body: { email: 'a@b.c' } }],
  ['POST /auth/reset/authorize', ({ auth }) => auth.authorizeReset('k'), { body: { token: 'k' } }],
  ['POST /auth/reset', ({ auth }) => auth.reset('k', 'p'), { body: { token: 'k', password: 'p' } }],
  [
    'POST /auth/second-factor/passkey-options',
    ({ auth }) => auth.secondFactorPasskeyOptions('k'),
    { body: { ticket: 'k' } },
  ],
  ['POST /auth/enrol/totp', ({ auth }) => auth.enrolTotp('k'), { body: { ticket: 'k' } }],
  ['POST /auth/passkey/options', ({ auth }) => auth.passkeyOptions(), { body: {} }],
];

/** Requests that start a session, or return the next step of the login. */
const ENTERING: readonly Row[] = [
  [
    'POST /auth/register',
    ({ auth }) => auth.register({ username: 'u' } as never),
    { body: { username: 'u' } },
  ],
  ['POST /auth/login', ({ auth }) => auth.login('u', 'p'), { body: { login: 'u', password: 'p' } }],
  ['POST /auth/verify', ({ auth }) => auth.verify('k', '1'), { body: { ticket: 'k', code: '1' } }],
  [
    'POST /auth/second-factor',
    ({ auth }) => auth.secondFactor({ ticket: 'k', code: '1' } as never),
    { body: { ticket: 'k', code: '1' } },
  ],
  [
    'POST /auth/enrol/totp/confirm',
    ({ auth }) => auth.confirmEnrolTotp('k', '1'),
    { body: { ticket: 'k', code: '1' } },
  ],
  [
    'POST /auth/passkey',
    ({ auth }) => auth.passkey({ challengeId: 'c' } as never),
    { body: { challengeId: 'c' } },
  ],
];

const expected = ([request, , rest]: Row, authorized: boolean) => [
  { ...rest, request: request.replace(' ', ' /api/v1'), authorized },
];

describe('a method of the API sends its request, and returns the response', () => {
  test.each(AUTHORIZED.map((row) => [row[0], row] as const))('%s', async (_, row) => {
    const { sent, result } = await requestOf(row[1], ITEMS);
    expect(sent).toEqual(expected(row, true));
    expect(typeof result === 'string' ? JSON.parse(result) : result).toEqual(ITEMS);
  });

  test.each(LISTS.map((row) => [row[0], row] as const))(
    '%s, without the wrapper',
    async (_, row) => {
      const { sent, result } = await requestOf(row[1], { items: [1, 2] });
      expect(sent).toEqual(expected(row, true));
      expect(result).toEqual([1, 2]);
    },
  );

  test.each(ANONYMOUS.map((row) => [row[0], row] as const))(
    '%s, without a token',
    async (_, row) => {
      const { sent, result } = await requestOf(row[1], ITEMS);
      expect(sent).toEqual(expected(row, false));
      expect(result).toEqual(ITEMS);
    },
  );

  test.each(ENTERING.map((row) => [row[0], row] as const))(
    '%s, and keeps the session',
    async (_, row) => {
      let after: string | undefined;
      const { sent, result } = await requestOf(async (apis) => {
        const answer = await row[1](apis);
        after = await apis.api.accessToken();
        return answer;
      }, LOGGED_IN);
      expect(sent).toEqual(expected(row, false));
      expect(result).toEqual(LOGGED_IN);
      expect(after).toBe('t');
    },
  );

  test('covers every method', () => {
    const methods = (type: { prototype: object }) =>
      Object.getOwnPropertyNames(type.prototype).filter((name) => name !== 'constructor');
    const called = [...AUTHORIZED, ...LISTS, ...ANONYMOUS, ...ENTERING].map(([, call]) =>
      String(call),
    );
    const names = [
      ...methods(AccountApi).map((name) => `account.${name}(`),
      ...methods(AdminApi).map((name) => `admin.${name}(`),
      ...methods(AuthApi).map((name) => `auth.${name}(`),
      ...methods(AdmissionApi).map((name) => `api.admission.${name}(`),
      ...methods(ImagesApi).map((name) => `api.images.${name}(`),
      ...methods(PersonalApi).map((name) => `api.personal.${name}(`),
      ...methods(EmojiApi).map((name) => `api.emoji.${name}(`),
      ...methods(UserGroupsApi).map((name) => `api.userGroups.${name}(`),
      ...methods(PollsApi).map((name) => `api.polls.${name}(`),
      ...methods(RetentionApi).map((name) => `api.retention.${name}(`),
      ...methods(PreviewsApi).map((name) => `api.previews.${name}(`),
      ...methods(ReportsApi).map((name) => `api.reports.${name}(`),
      ...methods(ModerationApi).map((name) => `api.moderation.${name}(`),
      ...methods(LegalHoldsApi).map((name) => `api.legalHolds.${name}(`),
      // These have separate tests, `upload` in uploads.test.ts.
      ...methods(ParleyApi)
        .filter((name) => !['register', 'login', 'upload'].includes(name))
        .map((name) => `api.${name}(`),
    ];
    expect(names.filter((name) => !called.some((text) => text.includes(name)))).toEqual([]);
  });
});

describe('a login of a program', () => {
  test('returns the account, and names its device if it has one', async () => {
    const { sent, result } = await requestOf(({ api }) => api.login('u', 'p', 'bot'), LOGGED_IN);
    expect(sent).toMatchObject([{ body: { login: 'u', password: 'p', device: 'bot' } }]);
    expect(result).toEqual({ id: A });
    const plain = await requestOf(({ api }) => api.login('u', 'p'), LOGGED_IN);
    expect(plain.sent[0]?.body).toEqual({ login: 'u', password: 'p' });
  });

  test('fails with the step that the server requires', async () => {
    const step = { step: 'second_factor', ticket: 'k' };
    await expect(requestOf(({ api }) => api.login('u', 'p'), step)).rejects.toMatchObject({
      name: 'LoginStepRequired',
      step,
    });
    await expect(
      requestOf(({ api }) => api.register({ username: 'u' } as never), step),
    ).rejects.toMatchObject({ name: 'LoginStepRequired', step });
  });
});

test('the export of an account may take 15 minutes, other requests 20 seconds', async () => {
  const timeout = vi.spyOn(AbortSignal, 'timeout');
  await requestOf(({ account }) => account.export('p'), {});
  expect(timeout).toHaveBeenLastCalledWith(900_000);
  await requestOf(({ account }) => account.secondFactors(), {});
  expect(timeout).toHaveBeenLastCalledWith(20_000);
  timeout.mockRestore();
});

test('a change of a setting is sent even if the page closes meanwhile', async () => {
  const kept: (readonly [string, boolean | undefined])[] = [];
  const api = new ParleyApi({
    url: 'https://chat.example',
    sessionToken: 's',
    fetch: async (input, init) => {
      if (String(input).endsWith('/auth/token')) return Response.json(SESSION);
      kept.push([init?.method ?? '', init?.keepalive]);
      return Response.json({});
    },
  });
  await api.notifications.settings();
  await api.notifications.changeConversation(C, { muted: null });
  await new AccountApi(api).updateStatus({ text: 'Lunch' });
  expect(kept).toEqual([
    ['GET', undefined],
    ['PATCH', true],
    ['PATCH', true],
  ]);
});

describe('a request that fails', () => {
  const failing = async (response: Response) => {
    const api = new ParleyApi({
      url: 'https://chat.example',
      sessionToken: 's',
      fetch: async (input) =>
        String(input).endsWith('/auth/token') ? Response.json(SESSION) : response,
    });
    return api.me().then(
      () => undefined,
      (error: ApiError) => error,
    );
  };

  test('a failed request has the code, the fields and the delay of the problem', async () => {
    const errors = [{ field: 'name', code: 'missing', message: 'This field is required' }];
    const problem = { code: 'invalid', title: 'Invalid', detail: 'See the fields', errors };
    const error = await failing(Response.json(problem, { status: 422 }));
    expect(error).toMatchObject({
      name: 'ApiError',
      code: 'invalid',
      message: 'See the fields',
      status: 422,
      retryAfter: undefined,
      errors,
      retryable: false,
    });
    const busy = { code: 'overloaded', title: 'Busy', retryAfter: 3 };
    expect(await failing(Response.json(busy, { status: 503 }))).toMatchObject({
      message: 'Busy',
      retryAfter: 3,
      errors: [],
      retryable: true,
    });
  });

  test('an error of an intermediary counts as no answer', async () => {
    const headers = { 'retry-after': '9' };
    for (const page of ['<h1>Bad gateway</h1>', '{"message":"no"}', 'null']) {
      const error = await failing(new Response(page, { status: 502, headers }));
      expect(error, page).toMatchObject({
        code: 'network',
        status: 502,
        retryAfter: 9,
        retryable: true,
      });
    }
    const silent = await failing(new Response('', { status: 502 }));
    expect(silent).toMatchObject({ code: 'network', retryAfter: undefined });
  });
});
