import { AccountId, type MessagePermission, newMessage, type Seq } from '@parley/protocol';
import { describe, expect, test } from 'vitest';
import { nextWindowEnd, permissionsOn } from './permissions.ts';
import type { TimelineMessage } from './timeline-types.ts';

const ME = AccountId.parse('0197a000-0000-7000-8000-00000000000a');
const OTHER = AccountId.parse('0197a000-0000-7000-8000-00000000000b');
const POSTED = Date.parse('2026-03-01T09:00:00.000Z');

const messageOf = (author: AccountId): TimelineMessage => ({
  ...newMessage({
    conversation: '0197a000-0000-7000-8000-00000000000c' as TimelineMessage['conversation'],
    seq: 7 as Seq,
    author,
    body: 'text',
    postedAt: new Date(POSTED).toISOString(),
  }),
  state: 'stored',
  seenBy: [],
});

const OWN: MessagePermission[] = ['edit', 'delete', 'react'];
const me = (edit: number | null, remove: number | null) => ({
  id: ME,
  messageWindows: { edit, delete: remove },
});

describe('the time limits of messages', () => {
  test.each([
    ['no limit', null, null, OWN],
    ['before the limits', 61, 61, OWN],
    ['when the limits end', 60, 60, ['react']],
    ['after the limit of edits', 30, 90, ['delete', 'react']],
    ['never to be edited', 0, null, ['delete', 'react']],
  ] as const)('after a minute: %s', (_, edit, remove, expected) => {
    const shown = { messagePermissions: { own: OWN, others: ['react' as const] } };
    const now = POSTED + 60_000;
    expect(permissionsOn(shown, messageOf(ME), me(edit, remove), now)).toEqual(expected);
    expect(permissionsOn(shown, messageOf(OTHER), me(edit, remove), now)).toEqual(['react']);
  });

  test('the time limits do not prevent moderators from deleting their own messages', () => {
    const shown = { messagePermissions: { own: OWN, others: ['delete' as const] } };
    const permissions = permissionsOn(shown, messageOf(ME), me(0, 0), POSTED + 60_000);
    expect(permissions).toEqual(['delete', 'react']);
  });

  test('the time limits end one after the other', () => {
    const end = (now: number) => nextWindowEnd(messageOf(ME), me(60, 90), POSTED + now);
    expect([end(0), end(60_000), end(90_000)]).toEqual([POSTED + 60_000, POSTED + 90_000, null]);
    expect(nextWindowEnd(messageOf(ME), me(null, null), POSTED)).toBeNull();
  });
});
