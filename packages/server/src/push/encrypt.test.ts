import { createECDH } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { areUsable, encryptPush, PUSH_BYTES_MAX } from './encrypt.ts';

/** The values of RFC 8291, appendix A. */
const RFC = {
  plain: 'When I grow up, I want to be a watermelon',
  ours: 'yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw',
  p256dh: 'BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4',
  auth: 'BTBZMqHH6r4Tts7J_aSIgg',
  salt: 'DGv6ra1nlYgDCS1FRnbzlw',
  message:
    'DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN',
};

describe('encryptPush', () => {
  test('returns the message of RFC 8291', () => {
    const own = createECDH('prime256v1');
    own.setPrivateKey(Buffer.from(RFC.ours, 'base64url'));
    const salt = Buffer.from(RFC.salt, 'base64url');
    const message = encryptPush(RFC.plain, RFC, { own, salt });
    expect(message.toString('base64url')).toBe(RFC.message);
  });

  test('uses another key and salt for each message, and fits into one record', () => {
    const text = 'x'.repeat(PUSH_BYTES_MAX);
    const [one, two] = [encryptPush(text, RFC), encryptPush(text, RFC)];
    expect(one.length).toBe(4096);
    expect(one.equals(two)).toBe(false);
    expect(() => encryptPush(`${text}x`, RFC)).toThrow('too long');
  });
});

test.each([
  ['the keys of a browser', RFC.p256dh, RFC.auth, true],
  ['a point that is not on the curve', `${RFC.p256dh.slice(0, -2)}AA`, RFC.auth, false],
  ['a short point', 'BCVxsr7N', RFC.auth, false],
  ['a compressed point', `A${RFC.p256dh.slice(1)}`, RFC.auth, false],
  ['a short secret', RFC.p256dh, 'BTBZ', false],
])('areUsable for %s', (_what, p256dh, auth, expected) => {
  expect(areUsable({ p256dh, auth })).toBe(expected);
});
