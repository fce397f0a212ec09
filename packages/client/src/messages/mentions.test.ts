import type {
  AccountId,
  Conversation,
  ConversationId,
  Event,
  Mention,
  ReadCursor,
  Seq,
  UserGroupId,
} from '@parley/protocol';
import { LIMITS } from '@parley/protocol';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { reduce, viewOf, withCursor } from '../conversations/conversations.ts';
import {
  authorOfText,
  changesText,
  mentionsInclude,
  mentionsUser,
  type TextEvent,
  withMention,
} from './mentions.ts';
import { MessageWindow } from './message-window.ts';

const id = 'c' as ConversationId;
const me = 'me' as AccountId;
const other = 'other' as AccountId;
const MENTIONS: readonly Mention[][] = [
  [{ kind: 'user', name: 'me', id: me }],
  [{ kind: 'everyone' }],
  [{ kind: 'user_group', name: 'us', id: 'g' as UserGroupId, accounts: [other, me] }],
  [{ kind: 'user_group', name: 'them', id: 'h' as UserGroupId, accounts: [other] }],
  [{ kind: 'user', name: 'other', id: other }, { kind: 'here' }],
  [],
];

/** Returns the seqs of unread mentions that follow from events. */
function counted(events: readonly Event[], readSeq: number): Seq[] {
  const found = new Set<Seq>();
  for (const event of events) {
    if (event.type === 'message.deleted') found.delete(event.data.message);
    if (event.type !== 'message.posted' && event.type !== 'message.edited') continue;
    const message = event.type === 'message.posted' ? event.seq : event.data.message;
    if (event.actor !== me && mentionsInclude(event.data.mentions, me)) found.add(message);
    else found.delete(message);
  }
  return [...found].filter((seq) => seq > readSeq).sort((a, b) => a - b);
}

/** Makes a log of a choice for each event: posts, and edits and deletions of messages by their authors. */
function logOf(choices: readonly { act: string; n: number }[]): Event[] {
  const events: Event[] = [];
  const open: { seq: Seq; author: AccountId }[] = [];
  for (const { act, n } of choices) {
    const seq = (events.length + 1) as Seq;
    const target = open[n % Math.max(1, open.length)];
    const mentions = MENTIONS[n % MENTIONS.length];
    const made = (type: string, actor: AccountId, data: object) =>
      events.push({
        op: 'event',
        stream: id,
        seq,
        type,
        at: '',
        actor,
        client: null,
        data,
      } as never);
    if (act === 'post' || !target) {
      const author = n % 3 ? other : me;
      made('message.posted', author, { body: 'x', mentions });
      open.push({ seq, author });
    } else if (act === 'edit') {
      made('message.edited', target.author, { message: target.seq, body: 'y', mentions });
    } else {
      made('message.deleted', other, { message: target.seq, author: target.author });
      open.splice(open.indexOf(target), 1);
    }
  }
  return events;
}

test('unread mentions equal those of the log, whenever the server counts them', () => {
  const aChoice = fc.record({ act: fc.constantFrom('post', 'edit', 'delete'), n: fc.nat(60) });
  // The server counts at another point of the log than the client is at, before or after.
  const aCount = fc.record({ at: fc.nat(40), asOf: fc.nat(40), readSeq: fc.nat(20) });
  fc.assert(
    fc.property(
      fc.array(aChoice, { minLength: 1, maxLength: 40 }),
      fc.array(aCount, { maxLength: 4 }),
      fc.boolean(),
      (choices, counts, isLoaded) => {
        const events = logOf(choices);
        // Messages that are not loaded change as well.
        const window = new MessageWindow(id, 1 as Seq);
        const start = { id, unread: 0, unreadMentions: [] as Seq[], readSeq: 0, lastSeq: 0 };
        let view = viewOf(start as unknown as Conversation);
        let readSeq = 0;
        for (const event of events) {
          for (const count of counts.filter(({ at }) => at === event.seq)) {
            // A count that is older than the client’s state needs the messages that changed since.
            const earliest = isLoaded ? 0 : event.seq - 1;
            const asOf = Math.min(Math.max(count.asOf, earliest, view.unreadAsOf), events.length);
            readSeq = Math.min(count.readSeq, asOf);
            const cursor = {
              conversation: id,
              readSeq,
              unread: 0,
              unreadMentions: counted(events.slice(0, asOf), readSeq),
              asOf,
            } as ReadCursor;
            view = withCursor(view, cursor, me, window, view.lastSeq);
          }
          if (isLoaded || event.type !== 'message.posted') window.apply(event);
          view = reduce(view, event, me, window);
        }
        expect(view.unreadMentions).toEqual(counted(events, readSeq));
      },
    ),
    { numRuns: 500 },
  );
});

test('mentions are of the account, of everyone or of its user groups', () => {
  expect(MENTIONS.map((mentions) => mentionsInclude(mentions, me))).toEqual([
    ...[true, true, true, false, false, false],
  ]);
  expect(mentionsInclude(undefined, me)).toBe(false);
});

test('an event mentions a user by name or by a user group, in its own text', () => {
  const of = (type: string, data: object) => mentionsUser({ type, data } as unknown as Event, me);
  for (const type of ['message.posted', 'message.edited', 'message.unhidden']) {
    const found = MENTIONS.map((mentions) => of(type, { mentions }));
    expect(found).toEqual([true, false, true, false, false, false]);
    expect(of(type, {})).toBe(false);
  }
  for (const type of ['message.deleted', 'message.hidden']) expect(of(type, {})).toBe(false);
  expect(of('message.pinned', { mentions: MENTIONS[0] })).toBe(false);
});

test('the events that change a text, and the authors of these texts', () => {
  const event = (type: string) =>
    ({ type, actor: other, data: { author: me } }) as unknown as Event;
  const types = ['edited', 'deleted', 'hidden', 'unhidden'].map((type) => `message.${type}`);
  expect(types.map((type) => changesText(event(type)))).toEqual([true, true, true, true]);
  expect(types.map((type) => authorOfText(event(type) as TextEvent))).toEqual([
    ...[other, me, me, me],
  ]);
  for (const type of ['message.posted', 'message.pinned', 'reaction.added']) {
    expect(changesText(event(type))).toBe(false);
  }
});

test('unread mentions are added in their order and removed, and are the latest ones', () => {
  const seqs = [3, 7] as Seq[];
  const add = (seq: number, isMentioned: boolean) => withMention(seqs, seq as Seq, isMentioned);
  expect([add(5, true), add(9, true), add(7, false)]).toEqual([[3, 5, 7], [3, 7, 9], [3]]);
  // The same list while nothing changes.
  expect([add(5, false), add(7, true)].every((list) => list === seqs)).toBe(true);
  const full = Array.from({ length: LIMITS.unreadMax }, (_, n) => (n + 10) as Seq);
  const more = withMention(full, 5_000 as Seq, true);
  expect([more.length, more[0], more.at(-1)]).toEqual([LIMITS.unreadMax, 11, 5_000]);
});
