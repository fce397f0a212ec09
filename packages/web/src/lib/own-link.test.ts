import { describe, expect, test } from 'vitest';
import { linkedMessagesIn, mayLinkToMessages, ownLinkOf } from './own-link.ts';

const ORIGIN = 'https://chat.example';
const ID = '01a222d5-97e1-7860-806a-a6918d2513f8';
const OTHER = '01a222d5-9877-74f3-9d8b-add4ed80e477';

describe('a link of this web client', () => {
  test('leads to a conversation, a message, a thread or a page', () => {
    const place = (path: string) => ownLinkOf(ORIGIN + path, ORIGIN);
    expect(place(`/c/${ID}`)).toEqual({ path: `/c/${ID}`, conversation: ID, message: null });
    expect(place(`/c/${ID}?thread=3#message-5`)).toEqual({
      path: `/c/${ID}?thread=3#message-5`,
      conversation: ID,
      message: 5,
    });
    expect(place('/saved')).toEqual({ path: '/saved', conversation: null, message: null });
    expect(place('/c/general#message-5')).toMatchObject({ conversation: null, message: null });
    expect(place(`/c/${ID}#message-x`)).toMatchObject({ conversation: ID, message: null });
  });

  test('is not one of another origin, or one that the server answers', () => {
    for (const href of [
      `https://chat.example.org/c/${ID}`,
      `http://chat.example/c/${ID}`,
      `https://chat.example:8443/c/${ID}`,
      `${ORIGIN}/api/v1/files/1`,
      `${ORIGIN}/docs`,
      `${ORIGIN}/docs/errors#banned`,
      `${ORIGIN}//elsewhere.example/c/${ID}`,
      'mailto:ann@chat.example',
      'not a link',
    ]) {
      expect(ownLinkOf(href, ORIGIN), href).toBeNull();
    }
  });
});

describe('the messages that a text links to', () => {
  test('are listed once each, up to three', () => {
    const links = [1, 2, 1, 3, 4].map((seq) => `${ORIGIN}/c/${ID}#message-${seq}`);
    expect(linkedMessagesIn(links.join(' '), ORIGIN)).toEqual(
      [1, 2, 3].map((seq) => ({ conversation: ID, seq })),
    );
    const two = `[a](${ORIGIN}/c/${ID}#message-1) and ${ORIGIN}/c/${OTHER}?thread=1#message-1`;
    expect(linkedMessagesIn(two, ORIGIN)).toEqual([
      { conversation: ID, seq: 1 },
      { conversation: OTHER, seq: 1 },
    ]);
  });

  test('are not those in code, of other servers, or of links to conversations', () => {
    const text = `\`${ORIGIN}/c/${ID}#message-1\` ${ORIGIN}/c/${ID} https://other.example/c/${ID}#message-1`;
    expect(mayLinkToMessages(text, ORIGIN)).toBe(true);
    expect(linkedMessagesIn(text, ORIGIN)).toEqual([]);
    expect(mayLinkToMessages(`https://other.example/c/${ID}#message-1`, ORIGIN)).toBe(false);
  });
});
