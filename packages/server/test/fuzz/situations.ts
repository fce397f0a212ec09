import { uuidv7 } from 'uuidv7';
import { EVERYONE } from '../../src/conversations/everyone.ts';
import { Authenticator } from '../support/authenticator.ts';
import { PASSWORD } from '../support/credentials.ts';
import { loginAt, type User } from '../support/server.ts';
import { until } from '../support/sink.ts';
import { ONE_PIXEL, startUpload, uploadFile } from '../support/uploads.ts';
import { type Fixtures, ok } from './fixtures.ts';

/** The data with which a request succeeds. */
export interface Situation {
  /** The access or session token that authenticates the request. */
  readonly token?: string;
  /** The values of parameters and fields, by name; undefined: left out. */
  readonly fixed?: Readonly<Record<string, unknown>>;
}

type Situations = Readonly<Record<string, () => Promise<Situation>>>;

/** The operations that no request can make succeed here, why, and where they are tested. */
export const EXCEPTIONS: Readonly<Record<string, string>> = {
  startSso: 'redirects to an identity provider, always with 302: sso.db.test.ts',
  prepareSso: 'needs an identity provider: sso.db.test.ts',
  finishSso: 'redirects to the web client, always with 302: sso.db.test.ts',
  verifyEmail: 'needs a server that verifies addresses: registration.db.test.ts',
  resendCode: 'needs a server that verifies addresses: registration.db.test.ts',
  enrolTotp: 'needs a server that requires second factors: factors.db.test.ts',
  uploadFile: 'sends bytes in place of JSON: files.db.test.ts',
  confirmEnrolTotp: 'needs a server that requires second factors: factors.db.test.ts',
  sendTestEmail: 'is limited to five in ten minutes: digests.db.test.ts',
};

/**
 * Returns the situations in which operations succeed. What a request may end (an account, a session,
 * a group) is created for it alone. An operation without an entry needs a member’s token and no more.
 */
export function situationsOf(fixtures: Fixtures): (operation: string) => Promise<Situation> {
  const all: Situations = {
    ...loggingIn(fixtures),
    ...ownAccount(fixtures),
    ...secondFactors(fixtures),
    ...conversations(fixtures),
    ...messages(fixtures),
    ...files(fixtures),
    ...administration(fixtures),
  };
  return async (operation) =>
    all[operation]?.() ?? { token: (await fixtures.shared()).member.accessToken };
}

const as = (user: User, fixed: Situation['fixed'] = {}): Situation => ({
  token: user.accessToken,
  fixed,
});

const password = { password: PASSWORD };

function loggingIn(fixtures: Fixtures): Situations {
  return {
    login: async () => ({ fixed: { login: (await fixtures.user()).name, ...password } }),
    register: async () => {
      const name = fixtures.name();
      const email = `${name}@example.org`;
      return { fixed: { username: name, email, invitation: undefined, ...password } };
    },
    renewAccessToken: async () => ({ token: (await fixtures.user()).sessionToken }),
    logout: async () => ({ token: (await fixtures.user()).sessionToken }),
    authorizeReset: async () => ({ fixed: { token: await fixtures.resetToken() } }),
    resetPassword: async () => ({ fixed: { token: await fixtures.resetToken(), ...password } }),
    secondFactor: async () => {
      const user = await fixtures.userWithTotp();
      const totp = fixtures.nextCode(user.secret);
      const ticket = await fixtures.ticket(user);
      return { fixed: { ticket, totp, recoveryCode: undefined, passkey: undefined } };
    },
    secondFactorPasskeyOptions: async () => ({
      fixed: { ticket: await fixtures.ticket(await fixtures.userWithPasskey()) },
    }),
    loginWithPasskey: async () => {
      const { authenticator } = await fixtures.userWithPasskey();
      const { challengeId, options } = await fixtures.post('/auth/passkey/options', {});
      const response = authenticator.get(options, fixtures.server.url);
      return { fixed: { challengeId, response } };
    },
  };
}

function ownAccount(fixtures: Fixtures): Situations {
  const withOtherUser = async () => {
    const user = await fixtures.user();
    return as(user, { account: (await fixtures.shared()).admin.id });
  };
  return {
    changePassword: async () =>
      as(await fixtures.user(), { current: PASSWORD, next: 'another good password' }),
    sendMyCode: async () => {
      const user = await fixtures.user();
      await fixtures.ageCode(user);
      return as(user);
    },
    verifyMe: async () => {
      const user = await fixtures.user();
      return as(user, { code: await fixtures.emailed(user, /^ {4}(\d{6})$/m) });
    },
    requestEmailChange: async () => {
      const user = await fixtures.user();
      return as(user, { email: `${user.name}@example.net` });
    },
    confirmEmailChange: async () => {
      const user = await fixtures.user();
      const email = `${user.name}@example.net`;
      ok(await user.request('POST', '/me/email', { email }));
      return as(user, { code: await fixtures.emailed(user, /^ {4}(\d{6})$/m, email) });
    },
    endMySession: async () => {
      const user = await fixtures.user();
      ok(await loginAt(fixtures.server.url, user.name));
      const { items } = ok(await user.request('GET', '/me/sessions')).body;
      const other = (items as { id: string; current: boolean }[]).find((s) => !s.current);
      return as(user, { id: other?.id });
    },
    endMyOtherSessions: async () => as(await fixtures.user()),
    reauthenticate: async () => as((await fixtures.shared()).member, password),
    // Any time may have passed.
    updateStatus: async () =>
      as(await fixtures.user(), { expiresAt: undefined, doNotDisturbUntil: undefined }),
    // Few texts name a time zone.
    updateNotificationSettings: async () =>
      as(await fixtures.user(), { quietHours: undefined, keywords: ['deploy'] }),
    listActivity: async () =>
      as((await fixtures.shared()).member, { after: undefined, kinds: 'mention,reply' }),
    countUnreadActivity: async () => as((await fixtures.shared()).member),
    readActivity: async () => as((await fixtures.shared()).member),
    readAllActivity: async () => as((await fixtures.shared()).member),
    addNotificationDevice: async () =>
      as(await fixtures.user(), {
        kind: 'ntfy',
        url: 'https://ntfy.example.org/topic',
        token: undefined,
      }),
    ...withDevice(fixtures),
    blockUser: withOtherUser,
    unblockUser: withOtherUser,
    exportMe: async () => as((await fixtures.shared()).member, password),
    deleteMe: async () => as(await fixtures.user(), password),
  };
}

/** The operations on a device to which notifications are pushed. */
function withDevice(fixtures: Fixtures): Situations {
  const situation = async () => {
    const user = await fixtures.user();
    // Nothing listens there: a test says so at once.
    const device = { kind: 'ntfy', name: 'Phone', url: `http://127.0.0.1:9/${user.name}` };
    const { id } = ok(await user.request('POST', '/me/notifications/devices', device)).body;
    return as(user, { id });
  };
  return {
    updateNotificationDevice: situation,
    removeNotificationDevice: situation,
    testNotificationDevice: situation,
  };
}

function secondFactors(fixtures: Fixtures): Situations {
  return {
    setUpTotp: async () => as(await fixtures.user(), password),
    confirmTotp: async () => {
      const user = await fixtures.user();
      const { secret } = ok(await user.request('POST', '/me/totp', password)).body;
      return as(user, { code: fixtures.nextCode(secret) });
    },
    removeTotp: async () => as(await fixtures.userWithTotp(), password),
    renewRecoveryCodes: async () => as(await fixtures.userWithTotp(), password),
    newPasskeyOptions: async () => as(await fixtures.user(), password),
    addPasskey: async () => {
      const user = await fixtures.user();
      const options = ok(await user.request('POST', '/me/passkeys/options', password)).body;
      const response = new Authenticator().create(options, fixtures.server.url);
      return as(user, { response });
    },
    removePasskey: async () => {
      const user = await fixtures.userWithPasskey();
      return as(user, { id: user.passkey, ...password });
    },
  };
}

function conversations(fixtures: Fixtures): Situations {
  /** A member of a group of their own, and another user in it. */
  const group = async (more: (all: { group: string; other: User }) => Situation['fixed']) => {
    const { member, admin } = await fixtures.shared();
    const id = await member.group('for one request', [admin]);
    return as(member, { id, ...more({ group: id, other: admin }) });
  };
  /** A new group of a user, and a link to it. */
  const groupLink = async (creator: User) => {
    const id = await creator.group('to join with a link');
    const { body } = ok(await creator.request('POST', `/conversations/${id}/links`, {}));
    return { id, link: body.link.id, token: body.url.split('#')[1] };
  };
  const own = () => group(() => ({}));
  const withOther = () => group(({ other }) => ({ account: other.id }));
  return {
    createGroup: async () => {
      const { member, admin } = await fixtures.shared();
      return as(member, { members: [admin.id] });
    },
    openDirect: async () => {
      const { member, admin } = await fixtures.shared();
      return as(member, { account: admin.id, accounts: undefined });
    },
    moveInSidebar: () => group(({ group }) => ({ conversations: [group], section: 'favorites' })),
    closeConversation: async () => {
      const user = await fixtures.user();
      const { admin } = await fixtures.shared();
      const { body } = ok(
        await user.request('POST', '/conversations/direct', { account: admin.id }),
      );
      return as(user, { id: body.id, seq: 1 });
    },
    updateSidebarSection: async () =>
      as((await fixtures.shared()).member, { section: 'groups', name: undefined, before: null }),
    deleteSidebarSection: async () => {
      const user = await fixtures.user();
      const { sections } = ok(
        await user.request('POST', '/me/sidebar/sections', { name: 'Old' }),
      ).body;
      return as(user, { section: sections[1].id });
    },
    changeConversationNotifications: () => group(() => ({ muted: { until: null } })),
    getConversation: own,
    updateGroup: own,
    archiveGroup: own,
    restoreGroup: async () => {
      const { member } = await fixtures.shared();
      const id = await member.group('to restore');
      ok(await member.request('POST', `/conversations/${id}/archive`));
      return as(member, { id });
    },
    deleteGroup: own,
    leaveGroup: async () => {
      // The last owner of a group with other members appoints another one first.
      const { member, admin } = await fixtures.shared();
      return as(admin, { id: await member.group('to leave', [admin]) });
    },
    joinGroup: async () => {
      const { member, admin } = await fixtures.shared();
      return as(member, { id: await admin.group('to join', [], 'public') });
    },
    listMembers: own,
    addMember: async () => {
      const { member, admin } = await fixtures.shared();
      return as(member, { id: await member.group('to grow'), account: admin.id });
    },
    removeMember: withOther,
    listBans: own,
    banAccount: withOther,
    unbanAccount: withOther,
    listGroupLinks: own,
    createGroupLink: own,
    revokeGroupLink: async () => {
      const { member } = await fixtures.shared();
      const { id, link } = await groupLink(member);
      return as(member, { id, link });
    },
    showLinkedGroup: async () => {
      const { member, admin } = await fixtures.shared();
      const { token } = await groupLink(admin);
      return as(member, { token });
    },
    joinByLink: async () => {
      const { member, admin } = await fixtures.shared();
      const { token } = await groupLink(admin);
      return as(member, { token });
    },
    changeMemberRole: withOther,
    transferOwnership: withOther,
    changeMinimumRoles: own,
    getRetention: own,
    countExpiredMessages: own,
    changeRetention: () => group(() => ({ retention: 'server' })),
    listEvents: own,
  };
}

const inAnHour = () => new Date(Date.now() + 3_600_000).toISOString();

/** A member’s own poll, and a vote in it. */
async function poll(fixtures: Fixtures): Promise<Situation> {
  const { member, group: id } = await fixtures.shared();
  const body = { question: 'Which?', choices: ['one', 'two'] };
  const { seq } = ok(await member.request('POST', `/conversations/${id}/polls`, body)).body;
  return as(member, { id, seq, choices: [0] });
}

/** Schedules a message, and returns its id. */
async function scheduled(member: User, conversation: string): Promise<string> {
  const body = { conversation, body: 'later', sendAt: inAnHour() };
  return ok(await member.request('POST', '/me/scheduled', body)).body.id;
}

function messages(fixtures: Fixtures): Situations {
  /** A member’s own message, after these requests about it. */
  const message = async (
    ...done: readonly (readonly [method: string, path: string, body?: object])[]
  ) => {
    const { member, group } = await fixtures.shared();
    const seq = await member.post(group, 'a message');
    for (const [method, path, body] of done) {
      ok(await member.request(method, `/conversations/${group}/messages/${seq}/${path}`, body));
    }
    return as(member, {
      id: group,
      seq,
      emoji: '👍',
      unread: undefined,
      revision: undefined,
      remindAt: undefined,
      thread: undefined,
    });
  };
  const one = () => message();
  const hiddenOne = () => message(['PUT', 'hidden']);
  /** A message of another user in the default group, which a member may report. */
  const reportable = async (more: Situation['fixed'] = {}) => {
    // Not of the admin, who resolves the report: no one does so with reports of own messages.
    const author = await fixtures.user();
    // Its own author: an account reports a bounded number of messages.
    const reporter = await fixtures.user();
    const seq = await author.post(EVERYONE, 'a message');
    return { reporter, seq, situation: as(reporter, { id: EVERYONE, seq, ...more }) };
  };
  const reported = async (more: Situation['fixed'] = {}) => {
    const { admin } = await fixtures.shared();
    const { reporter, seq } = await reportable();
    const path = `/conversations/${EVERYONE}/messages/${seq}/report`;
    ok(await reporter.request('POST', path, { reason: 'spam' }));
    const { rows } = await fixtures.server.pool.query(
      'select id from reports where account_id = $1',
      [reporter.id],
    );
    return as(admin, { id: rows[0].id, ...more });
  };
  return {
    reportMessage: async () => (await reportable()).situation,
    listReports: async () => as((await fixtures.shared()).admin, { after: undefined }),
    listGroupReports: async () =>
      as((await fixtures.shared()).admin, { id: EVERYONE, after: undefined }),
    countOpenReports: async () => as((await fixtures.shared()).admin, {}),
    getReport: reported,
    resolveReport: () => reported({ suspendUntil: undefined }),
    postMessage: one,
    postWebhook: async () => {
      const { id: account, key } = await fixtures.robot('messages:write');
      const { member, group } = await fixtures.shared();
      ok(await member.request('POST', `/conversations/${group}/members`, { account }));
      return {
        fixed: { id: group, key, text: 'green', blocks: undefined, attachments: undefined },
      };
    },
    listMessages: one,
    getMessage: one,
    getEditHistory: one,
    suggestMentions: one,
    editMessage: one,
    deleteMessage: one,
    addReaction: one,
    removeReaction: () => message(['PUT', 'reactions/%F0%9F%91%8D']),
    listPinnedMessages: one,
    listTimelineEvents: one,
    pinMessage: one,
    unpinMessage: () => message(['PUT', 'pin']),
    moveReadCursor: one,
    listSeenBy: one,
    getThread: one,
    whyNotified: async () => {
      const { member, group } = await fixtures.shared();
      return as(member, { conversation: group, seq: await member.post(group, 'a message') });
    },
    followThread: one,
    changeThreadNotifications: async () => {
      const { token, fixed } = await one();
      return { ...(token !== undefined && { token }), fixed: { ...fixed, muted: { until: null } } };
    },
    unfollowThread: () => message(['PUT', 'thread/follow']),
    moveThreadCursor: one,
    listThreads: async () => as((await fixtures.shared()).member, { after: undefined }),
    searchMessages: async () => as((await fixtures.shared()).member, SEARCH),
    saveMessage: one,
    createPoll: async () =>
      as((await fixtures.shared()).member, {
        id: (await fixtures.shared()).group,
        endsAt: null,
        choices: ['one', 'two'],
      }),
    listPollVoters: async () => {
      const { token, fixed } = await poll(fixtures);
      return {
        ...(token !== undefined && { token }),
        fixed: { ...fixed, choice: 0, after: undefined },
      };
    },
    vote: () => poll(fixtures),
    closePoll: () => poll(fixtures),
    removeLinkPreview: one,
    hideMessage: one,
    unhideMessage: hiddenOne,
    getHiddenMessage: hiddenOne,
    forwardMessage: async () => {
      const { member, group } = await fixtures.shared();
      return as(member, { id: group, seq: await member.post(group, 'to forward'), to: group });
    },
    scheduleMessage: async () => {
      const { member, group } = await fixtures.shared();
      return as(member, { conversation: group, replyTo: undefined, sendAt: inAnHour() });
    },
    changeScheduled: async () => {
      const { member, group } = await fixtures.shared();
      return as(member, { id: await scheduled(member, group), sendAt: inAnHour() });
    },
    deleteScheduled: async () => {
      const { member, group } = await fixtures.shared();
      return as(member, { id: await scheduled(member, group) });
    },
    sendScheduled: async () => {
      const { member, group } = await fixtures.shared();
      return as(member, { id: await scheduled(member, group) });
    },
    saveDraft: one,
    deleteDraft: one,
    unsaveMessage: () => message(['PUT', 'saved', {}]),
  };
}

/** A search; dates, time zones and cursors are not any text. */
const SEARCH = {
  query: 'message -other from:me has:link',
  before: '2026-03-01',
  after: '2026',
  on: 'today',
  timeZone: 'Asia/Kolkata',
  cursor: undefined,
};

function files(fixtures: Fixtures): Situations {
  const uploader = async () => {
    const { member } = await fixtures.shared();
    return { member, uploader: { url: fixtures.server.url, accessToken: member.accessToken } };
  };
  const file = async (more: (id: string) => Situation['fixed']) => {
    const { member, uploader: by } = await uploader();
    return as(member, more(await uploadFile(by, 'dot.png', ONE_PIXEL)));
  };
  const read = () => file((id) => ({ id, token: undefined }));
  return {
    createUpload: async () => {
      const headers = { 'tus-resumable': '1.0.0', 'upload-length': '0' };
      return as((await uploader()).member, { ...headers, 'upload-metadata': undefined });
    },
    cancelUpload: async () => {
      const { member, uploader: by } = await uploader();
      return as(member, { id: (await startUpload(by, 'unfinished', 1)).id });
    },
    linkFiles: () => file((id) => ({ files: id })),
    getFile: read,
    getFileContent: read,
    getFilePreview: read,
    ...avatars(fixtures),
  };
}

/** Each image is made of a file of one pixel, which can be used again. */
function avatars(fixtures: Fixtures): Situations {
  const upload = (user: User) =>
    uploadFile({ url: fixtures.server.url, accessToken: user.accessToken }, 'a.png', ONE_PIXEL);
  const ofMember = async () => {
    const { member, group } = await fixtures.shared();
    return { member, group, file: await upload(member) };
  };
  /** Makes an image when none of the account is being made: requests of other situations do the same. */
  const made = async (request: () => ReturnType<User['request']>) => {
    let answer = await request();
    const isMade = async () => {
      if (answer.status === 429) answer = await request();
      return answer.status !== 429;
    };
    await until(isMade, 'the image to be made');
    return ok(answer);
  };
  const make = (user: User, path: string, file: string) =>
    made(() => user.request('PUT', path, { file }));
  let emojiNames = 0;
  const emojiName = () => `fuzz-${++emojiNames}`;
  const emoji = async () => {
    const { member, file } = await ofMember();
    const { body } = await made(() =>
      member.request('POST', '/emoji', { name: emojiName(), file }),
    );
    return { member, id: body.id };
  };
  return {
    setAvatar: async () => {
      const { member, file } = await ofMember();
      return as(member, { file });
    },
    setGroupAvatar: async () => {
      const { member, group, file } = await ofMember();
      return as(member, { id: group, file });
    },
    removeGroupAvatar: async () => {
      const { member, group } = await fixtures.shared();
      return as(member, { id: group });
    },
    setServerIcon: async () => {
      const { admin } = await fixtures.shared();
      return as(admin, { file: await upload(admin) });
    },
    removeServerIcon: async () => as((await fixtures.shared()).admin),
    getServerIcon: async () => {
      const { admin } = await fixtures.shared();
      await make(admin, '/admin/server-settings/icon', await upload(admin));
      return as(admin);
    },
    listEmoji: async () => as((await fixtures.shared()).member),
    addEmoji: async () => {
      const { member, file } = await ofMember();
      return as(member, { file, name: emojiName(), aliases: [] });
    },
    updateEmoji: async () => {
      const { member, id } = await emoji();
      return as(member, { id, name: emojiName(), aliases: undefined });
    },
    deleteEmoji: async () => {
      const { member, id } = await emoji();
      return as(member, { id });
    },
    getImage: async () => {
      const { member, file } = await ofMember();
      const { body } = await make(member, '/me/avatar', file);
      return as(member, { id: body.avatar, token: undefined });
    },
  };
}

function administration(fixtures: Fixtures): Situations {
  const admin = async (fixed?: Situation['fixed']) => as((await fixtures.shared()).admin, fixed);
  let target: Promise<User> | undefined;
  /** An admin, and a user whom requests are about; no other request needs that user’s session. */
  const about = async () => {
    target ??= fixtures.user();
    return admin({ id: (await target).id });
  };
  const legalHold = async (withFile = false) => {
    const { owner, server } = fixtures;
    const body = { name: 'for one request', accounts: [owner.id] };
    const { id } = ok(await owner.request('POST', '/admin/legal-holds', body)).body;
    if (!withFile) return { id };
    const file = await uploadFile({ ...owner, url: server.url }, 'held.png', ONE_PIXEL);
    const group = await owner.group('with a file');
    const message = { body: '', attachments: [file] };
    ok(await owner.request('POST', `/conversations/${group}/messages`, message));
    return { id, file };
  };
  const robot = async () => {
    const { id, keyId } = await fixtures.robot();
    return admin({ id, keyId });
  };
  const userGroup = async (): Promise<string> => {
    const body = { name: fixtures.name(), title: 'Someone' };
    return ok(await fixtures.owner.request('POST', '/admin/user-groups', body)).body.id;
  };
  return {
    getUser: about,
    getUserProfile: about,
    listInvitations: () => admin(),
    createInvitation: async () => {
      const group = await fixtures.owner.group(fixtures.name());
      return as(fixtures.owner, { guest: { groups: [group], accessEndsAt: null } });
    },
    revokeInvitation: async () => {
      const situation = await admin();
      const { request } = (await fixtures.shared()).admin;
      const { id } = ok(await request('POST', '/admin/invitations', {})).body;
      return { ...situation, fixed: { id } };
    },
    listAccounts: () => admin(),
    createAccount: () => admin({ role: 'member', guest: undefined }),
    getAccount: about,
    // Only owners change roles; a separate user, because admins cannot act on other admins.
    updateAccount: async () =>
      as(fixtures.owner, { id: (await fixtures.user()).id, accessEndsAt: undefined }),
    deleteAccount: async () => admin({ id: (await fixtures.user()).id }),
    deleteAccountMessages: async () =>
      admin({ id: (await fixtures.user()).id, since: '2026-01-01T00:00:00.000Z' }),
    cancelBulkDeletion: async () => {
      const { id } = await fixtures.user();
      const deletion = uuidv7();
      // Claimed by a node that does not exist, so that it stays open.
      await fixtures.server.pool.query(
        `insert into bulk_deletions (id, account_id, requested_by, requested_at, claimed_by, claimed_until)
         values ($1, $2, $3, now(), gen_random_uuid(), now() + interval '1 hour')`,
        [deletion, id, fixtures.owner.id],
      );
      return admin({ id, deletion });
    },
    listBulkDeletions: about,
    listLegalHolds: async () => as(fixtures.owner, { after: undefined }),
    createLegalHold: async () =>
      as(fixtures.owner, {
        accounts: [fixtures.owner.id],
        conversations: [],
        since: undefined,
        until: undefined,
      }),
    getLegalHold: async () => as(fixtures.owner, await legalHold()),
    exportLegalHold: async () => as(fixtures.owner, await legalHold()),
    releaseLegalHold: async () => as(fixtures.owner, await legalHold()),
    getHeldFile: async () => as(fixtures.owner, await legalHold(true)),
    findHoldableGroups: async () => as(fixtures.owner),
    deactivateAccount: about,
    reactivateAccount: about,
    unlockAccount: about,
    resetSecondFactor: about,
    endAccountSessions: about,
    // Not of the shared target, which another request may have deactivated.
    suspendAccount: async () => {
      const { id } = await fixtures.user();
      return admin({ id, until: '2100-01-01T00:00:00.000Z', reason: 'spam' });
    },
    unsuspendAccount: about,
    listAuditLog: () => admin({ event: 'login_failed', after: undefined }),
    exportAuditLog: () => admin({ event: 'login_failed' }),
    listEnvironment: () => admin(),
    getAdminServerSettings: () => admin(),
    // Whoever else registers or creates a group must still be able to.
    changeServerSettings: () => admin({ registration: undefined, groupCreation: undefined }),
    countAllExpiredMessages: () => admin(),
    getWordFilter: () => admin(),
    // Whoever else posts must still be able to.
    changeWordFilter: () => admin({ words: [], revision: 0 }),
    listEmail: () => admin(),
    getNotificationHealth: () => admin(),
    getServerState: () => admin(),
    createUserGroup: () => admin({ name: fixtures.name(), members: [fixtures.owner.id] }),
    updateUserGroup: async () => {
      const id = await userGroup();
      return admin({
        id,
        name: fixtures.name(),
        members: [fixtures.owner.id],
        changedSeq: undefined,
      });
    },
    deleteUserGroup: async () => admin({ id: await userGroup() }),
    listServiceAccounts: () => admin(),
    createServiceAccount: () => admin(),
    listApiKeys: robot,
    createApiKey: robot,
    revokeApiKey: robot,
  };
}
