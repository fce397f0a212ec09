// The bounds of requests, written a second time: other tests take them from the schemas.
import { describe, expect, test } from 'vitest';
import type { z } from 'zod';
import { AttachmentIds } from './base/files.ts';
import { GuestAccess } from './base/guests.ts';
import { Body, Emoji } from './base/text.ts';
import { UpdateNotificationsBody } from './notifications/notifications.ts';
import { CreateAccountBody, CreateApiKeyBody, DeleteAccountQuery } from './rest/admin.ts';
import { CreateInvitationBody, EmailCode, Phone } from './rest/auth.ts';
import { TotpCode } from './rest/factors.ts';
import {
  CreatePollBody,
  HistoryQuery,
  PostBody,
  ThreadHistoryQuery,
  VoteBody,
} from './rest/messages.ts';
import { ChangeScheduledBody, UpdateStatusBody } from './rest/personal.ts';
import { ReportMessageBody } from './rest/reports.ts';
import {
  CreateGroupBody,
  CreateGroupLinkBody,
  DisplayName,
  EmailAddress,
  EventsQuery,
  GroupDescription,
  GroupName,
  GroupTopic,
  ListQuery,
  OpenDirectBody,
  Password,
  UpdateGroupBody,
  Username,
} from './rest/rest.ts';
import { RetentionDays } from './settings/retention.ts';
import { FilteredWord, WordFilterBody } from './settings/word-filter.ts';

const x = (length: number) => 'x'.repeat(length);
const ids = (count: number) =>
  Array.from({ length: count }, (_, n) => `0197a000-0000-7000-8000-${String(n).padStart(12, '0')}`);
const email = (length: number) => `${x(58)}@${`${x(60)}.`.repeat(3)}${x(length - 58 - 1 - 183)}`;
const choices = (count: number) => Array.from({ length: count }, (_, n) => `choice ${n}`);
const word = { text: 'pill', action: 'flag' };
const account = { username: 'ann', displayName: 'Ann', email: 'ann@example.org' };

const BOUNDS: [what: string, schema: z.ZodType, accepted: unknown[], rejected: unknown[]][] = [
  [
    'a message',
    Body,
    ['x', x(16_000), '👍'.repeat(16_000)],
    ['', ' \n', x(16_001), 'a\0', '\ud800'],
  ],
  ['an emoji', Emoji, ['👍', '👩‍👩‍👧‍👦', '1️⃣'], ['', 'x', '👍👍', '👍x']],
  [
    'a username',
    Username,
    ['ab', x(32), 'a.b_c-d', 'ä1'],
    ['a', x(33), '.a', 'a.', 'a b', 'аb', 'a@b'],
  ],
  ['a display name', DisplayName, ['x', x(64)], ['', ' ', x(65), 'a\u202eb', 'a\u200bb']],
  ['the name of a group', GroupName, ['x', x(80)], ['', x(81)]],
  ['a group topic', GroupTopic, ['', x(250)], [x(251)]],
  ['a group description', GroupDescription, ['', 'a\nb', x(1_000)], [x(1_001)]],
  [
    'an email address',
    EmailAddress,
    ['a@b.org', email(254)],
    ['a', 'a@b', 'a b@c.org', email(255)],
  ],
  ['a password', Password, [x(10), x(1_024), 'ü'.repeat(512)], [x(9), x(1_025), 'ü'.repeat(513)]],
  [
    'a phone number',
    Phone,
    ['110', '+49 30 / 123-456', '0049301234567'],
    ['12', x(5), '1'.repeat(16)],
  ],
  ['a code of an email', EmailCode, ['123456', '123 456'], ['12345', '1234567', '12345a']],
  ['a code of an app', TotpCode, ['123456'], ['12345', '1234567', 'abcdef']],
  ['files of a message', AttachmentIds, [ids(1), ids(10)], [[], ids(11), [...ids(1), ...ids(1)]]],
  [
    'a post',
    PostBody,
    [{ body: 'x' }, { body: '', attachments: ids(1) }],
    [{ body: '' }, { body: '', attachments: [] }, { body: '\u200b' }, {}],
  ],
  [
    'a poll',
    CreatePollBody,
    [2, 20].map((count) => ({ question: 'x', choices: choices(count) })),
    [choices(1), choices(21), ['a', 'a'], ['a', x(201)], ['a', '']].map((wrong) => ({
      question: 'x',
      choices: wrong,
    })),
  ],
  [
    'a vote',
    VoteBody,
    [{ choices: [] }, { choices: [0, 19] }],
    [{ choices: [20] }, { choices: [-1] }],
  ],
  [
    'a page of history',
    HistoryQuery,
    [{ limit: '200' }, { before: '9' }, { aroundTime: '2026-01-01T00:00:00Z' }],
    [{ limit: '0' }, { limit: '201' }, { before: '9', after: '1' }, { around: '1', after: '1' }],
  ],
  ['a page of a thread', ThreadHistoryQuery, [{ around: '1' }], [{ before: '9', after: '1' }]],
  [
    'a page of events',
    EventsQuery,
    [{ after: '0', limit: '500' }],
    [{ limit: '501' }, { limit: '0' }, { after: '-1' }],
  ],
  ['a list', ListQuery, [{ search: x(100), limit: '200' }], [{ search: x(101) }, { limit: '201' }]],
  [
    'a new group',
    CreateGroupBody,
    [{ name: 'a', visibility: 'private', members: ids(200) }],
    [
      { name: 'a', visibility: 'secret' },
      { name: 'a', visibility: 'public', members: ids(201) },
    ],
  ],
  [
    'a direct conversation',
    OpenDirectBody,
    [{ account: ids(1)[0] }, { accounts: ids(9) }],
    [{}, { accounts: [] }, { accounts: ids(10) }, { account: ids(1)[0], accounts: ids(1) }],
  ],
  [
    'a change of a group',
    UpdateGroupBody,
    [{ slowModeSeconds: 0 }, { slowModeSeconds: 21_600 }, { linkPreviews: false }],
    [{}, { slowModeSeconds: 21_601 }, { slowModeSeconds: -1 }, { slowModeSeconds: 0.5 }],
  ],
  [
    'a group link',
    CreateGroupLinkBody,
    [{}, { maxUses: 1 }, { maxUses: 100_000 }],
    [{ maxUses: 0 }, { maxUses: 100_001 }],
  ],
  [
    'an invitation',
    CreateInvitationBody,
    [{ maxUses: 1_000 }],
    [{ maxUses: 0 }, { maxUses: 1_001 }],
  ],
  ['groups of a guest', GuestAccess, [{ groups: ids(50) }], [{ groups: [] }, { groups: ids(51) }]],
  [
    'an API key',
    CreateApiKeyBody,
    [{ name: x(80), scopes: ['users:read'] }],
    [
      { name: x(81), scopes: ['users:read'] },
      { name: 'k', scopes: [] },
      { name: 'k', scopes: ['all'] },
    ],
  ],
  [
    'an account',
    CreateAccountBody,
    [account],
    [
      { ...account, role: 'root' },
      { ...account, email: '' },
    ],
  ],
  ['a retention period', RetentionDays, [1, 36_500], [0, 36_501, 1.5]],
  [
    'a report',
    ReportMessageBody,
    [{ reason: 'spam' }, { reason: 'other', comment: x(1_000) }],
    [{}, { reason: 'dislike' }, { reason: 'spam', comment: x(1_001) }],
  ],
  [
    'a status',
    UpdateStatusBody,
    [{}, { text: x(100) }, { text: '' }],
    [{ text: x(101) }, { emoji: 'x' }],
  ],
  ['a change of a scheduled message', ChangeScheduledBody, [{ body: 'x' }], [{}, { body: '' }]],
  [
    'an entry of the word filter',
    FilteredWord,
    [word, { ...word, text: '*pill*' }, { ...word, text: x(60) }],
    ['a*b', '*', '!', x(61)].map((text) => ({ ...word, text })),
  ],
  [
    'a list of the word filter',
    WordFilterBody,
    [{ words: Array(500).fill(word), revision: 0 }],
    [{ words: Array(501).fill(word), revision: 0 }, { words: [] }, { words: [], revision: -1 }],
  ],
  [
    'notification settings',
    UpdateNotificationsBody,
    [{}, { keywords: choices(25) }, { keywords: [x(50)] }],
    [{ keywords: choices(26) }, { keywords: [x(51)] }],
  ],
];

describe.each(BOUNDS)('%s', (_what, schema, accepted, rejected) => {
  test('is accepted up to its bounds, and not beyond them', () => {
    const refusal = (value: unknown) => schema.safeParse(value).error?.issues;
    expect(accepted.map(refusal)).toEqual(accepted.map(() => undefined));
    expect(rejected.filter((value) => refusal(value) === undefined)).toEqual([]);
  });
});

test('what is left out has its default', () => {
  expect(CreatePollBody.parse({ question: 'x', choices: ['a', 'b'] })).toMatchObject({
    isMultiple: false,
    endsAt: null,
  });
  expect(CreateGroupBody.parse({ name: 'a', visibility: 'private' }).members).toEqual([]);
  expect(CreateGroupLinkBody.parse({})).toEqual({ expiresAt: null, maxUses: null });
  expect(CreateInvitationBody.parse({})).toEqual({ maxUses: 1 });
  expect(CreateAccountBody.parse(account).role).toBe('member');
  expect(DeleteAccountQuery.parse({}).messages).toBe('keep');
  expect(GuestAccess.parse({ groups: ids(1) }).accessEndsAt).toBeNull();
  expect(HistoryQuery.parse({})).toEqual({ limit: 50 });
  expect(ListQuery.parse({})).toEqual({ limit: 50 });
  expect(EventsQuery.parse({})).toEqual({ after: 0, limit: 100 });
  expect(ReportMessageBody.parse({ reason: 'spam' }).comment).toBe('');
});

test('texts are stored in one form', () => {
  expect(Phone.parse('0049 (30) 123-45.67')).toBe('+49301234567');
  expect(DisplayName.parse('  Ann \u00a0 Lee ')).toBe('Ann Lee');
  expect(DisplayName.parse('Zoe\u0308')).toBe('Zo\u00eb');
  expect(EmailCode.parse(' 123 456 ')).toBe('123456');
});
