import {
  AccountId,
  type CustomEmoji,
  EmojiId,
  ImageId,
  Seq,
  WORKSPACE_STREAM,
} from '@parley/protocol';
import { afterEach, expect, test, vi } from 'vitest';
import { ParleyApi } from '../api/api.ts';
import { CustomEmojiList, type EmojiEvent } from './custom-emoji.ts';

const A = AccountId.parse('0197a000-0000-7000-8000-00000000000a');
const PARROT = EmojiId.parse('0197a000-0000-7000-8000-0000000000e1');
const CAT = EmojiId.parse('0197a000-0000-7000-8000-0000000000e2');
const IMAGE = ImageId.parse('0197a000-0000-7000-8000-0000000000f1');
const AT = '2027-03-01T09:00:00.000Z';

afterEach(() => {
  vi.useRealTimers();
});

const emoji = (
  id: EmojiId,
  name: string,
  seq: number,
  image: ImageId | null = IMAGE,
): CustomEmoji => ({
  id,
  name,
  aliases: [],
  image,
  creator: A,
  createdAt: AT,
  changedSeq: Seq.parse(seq),
});

function event(seq: number, data: CustomEmoji | EmojiId): EmojiEvent {
  const base = { op: 'event', stream: WORKSPACE_STREAM, seq, at: AT, actor: A, client: null };
  if (typeof data === 'string') {
    return { ...base, type: 'emoji.deleted', data: { emoji: data } } as EmojiEvent;
  }
  const { id, name, aliases, image, creator } = data;
  return {
    ...base,
    type: 'emoji.changed',
    data: { emoji: id, name, aliases, image, creator },
  } as EmojiEvent;
}

test('events change custom emoji, which keep their creation time, and their names after a deletion', async () => {
  const items = [emoji(PARROT, 'parrot', 2)];
  const api = new ParleyApi({
    url: 'https://chat.example',
    sessionToken: 's',
    fetch: async (input) =>
      String(input).endsWith('/auth/token')
        ? Response.json({ accessToken: 't', accessTokenExpiresIn: 600, account: 'me' })
        : Response.json({ items, asOf: 3 }),
  });
  let shown: CustomEmoji[] = [];
  const list = new CustomEmojiList(api, (known) => {
    shown = [...known.values()];
  });
  await list.load();
  expect(shown).toEqual(items);
  list.applied(event(4, { ...emoji(PARROT, 'party-parrot', 4), aliases: ['bird'] }));
  list.applied({ ...event(5, emoji(CAT, 'cat', 5)), at: '2027-03-02T09:00:00.000Z' } as EmojiEvent);
  list.applied(event(6, PARROT));
  expect(shown).toEqual([
    { ...emoji(PARROT, 'party-parrot', 6, null), aliases: ['bird'] },
    { ...emoji(CAT, 'cat', 5), createdAt: '2027-03-02T09:00:00.000Z' },
  ]);
  // One whose name the server no longer keeps.
  list.applied(event(7, EmojiId.parse('0197a000-0000-7000-8000-0000000000e9')));
  expect(shown).toHaveLength(2);
});

test('a guest reloads custom emoji once after many changes, at a random time', async () => {
  vi.useFakeTimers();
  let loads = 0;
  const api = new ParleyApi({
    url: 'https://chat.example',
    sessionToken: 's',
    fetch: async (input) => {
      if (String(input).endsWith('/auth/token')) {
        return Response.json({ accessToken: 't', accessTokenExpiresIn: 600, account: 'me' });
      }
      return Response.json({ items: [emoji(PARROT, `parrot-${++loads}`, 2)], asOf: 3 });
    },
  });
  let shown: string[] = [];
  const list = new CustomEmojiList(
    api,
    (known) => {
      shown = [...known.values()].map(({ name }) => name);
    },
    () => 0.5,
  );
  // A client that uses none loads none.
  list.outdated();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(loads).toBe(0);
  await list.load();
  for (let n = 0; n < 20; n++) list.outdated();
  await vi.advanceTimersByTimeAsync(4_999);
  expect(shown).toEqual(['parrot-1']);
  await vi.advanceTimersByTimeAsync(1);
  expect(shown).toEqual(['parrot-2']);
  list.outdated();
  list.stop();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(loads).toBe(2);
});
