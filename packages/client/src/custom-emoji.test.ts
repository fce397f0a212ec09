import {
  AccountId,
  type CustomEmoji,
  EmojiId,
  ImageId,
  Seq,
  WORKSPACE_STREAM,
} from '@parley/protocol';
import { expect, test } from 'vitest';
import { ParleyApi } from './api.ts';
import { CustomEmojiList, type EmojiEvent } from './custom-emoji.ts';

const A = AccountId.parse('0197a000-0000-7000-8000-00000000000a');
const PARROT = EmojiId.parse('0197a000-0000-7000-8000-0000000000e1');
const CAT = EmojiId.parse('0197a000-0000-7000-8000-0000000000e2');
const IMAGE = ImageId.parse('0197a000-0000-7000-8000-0000000000f1');
const AT = '2027-03-01T09:00:00.000Z';

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

test('custom emoji are changed by events, keep when they were added, and their names when deleted', async () => {
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
  // One whose name the server has forgotten.
  list.applied(event(7, EmojiId.parse('0197a000-0000-7000-8000-0000000000e9')));
  expect(shown).toHaveLength(2);
});
