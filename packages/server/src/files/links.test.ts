import type { AccountId, FileId, SessionId } from '@parley/protocol';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { expect, test } from 'vitest';
import { Vault } from '../encryption/vault.ts';
import { linkAdmission } from './link-admission.ts';
import { FileTokens } from './links.ts';

const HOUR = 60 * 60 * 1000;
const file = '01890a5d-ac96-774b-bcce-b302099a8057' as FileId;
const other = '01890a5d-ac96-774b-bcce-b302099a8058' as FileId;
const holder = {
  account: '01890a5d-ac96-774b-bcce-b302099a8059' as AccountId,
  session: '01890a5d-ac96-774b-bcce-b302099a805a' as SessionId,
};
let now = Date.UTC(2026, 10, 27, 12, 30);
const tokens = new FileTokens(new Vault('a secret of this test alone'), { now: () => now });

test('a token names its holder, for one file, until it expires', () => {
  const { token, expiresAt } = tokens.make(file, holder);
  expect(tokens.read(file, token)).toEqual(holder);
  expect(tokens.read(other, token)).toBeNull();
  expect(expiresAt.getTime() - now).toBe(1.5 * HOUR);
  const before = now;
  now = expiresAt.getTime();
  expect(tokens.read(file, token)).toBeNull();
  now = before;
});

test('a token stays the same for some time, so that a browser can cache by it', () => {
  const { token } = tokens.make(file, holder);
  now += HOUR / 4;
  expect(tokens.make(file, holder).token).toBe(token);
  now += HOUR / 4;
  expect(tokens.make(file, holder).token).not.toBe(token);
});

test('a token that was changed in any character is rejected', () => {
  const { token } = tokens.make(file, holder);
  for (let at = 0; at < token.length; at++) {
    const character = token[at] === 'b' ? 'c' : 'b';
    expect(tokens.read(file, token.slice(0, at) + character + token.slice(at + 1))).toBeNull();
  }
  for (const wrong of ['', '...', `${token}.`, `${token}x`, token.slice(0, -1)]) {
    expect(tokens.read(file, wrong)).toBeNull();
  }
  const elsewhere = new FileTokens(new Vault('another secret'), { now: () => now });
  expect(elsewhere.read(file, token)).toBeNull();
});

test('a request with a token is admitted within the limit of its account, while the session exists', async () => {
  let [isAlive, retryAfter]: [boolean, number | null] = [true, null];
  const counted: AccountId[] = [];
  const { onRequest, holderOf } = linkAdmission(
    {
      authenticate: () => Promise.reject(new Error('no access token')),
      isAlive: async (of) => isAlive && of === holder,
      limitRequests({ account }) {
        counted.push(account);
        return retryAfter;
      },
    },
    (token) => (token === 'valid' ? holder : null),
  );
  const request = { query: { token: 'valid' } } as FastifyRequest;
  const admit = (of: FastifyRequest) =>
    onRequest.call({} as FastifyInstance, of, {} as FastifyReply);
  await admit(request);
  expect(holderOf(request)).toBe(holder);
  retryAfter = 3;
  await expect(admit(request)).rejects.toMatchObject({
    refusal: { code: 'rate_limited', retryAfter: 3 },
  });
  [isAlive, retryAfter] = [false, null];
  const expired = { refusal: { code: 'link_expired' } };
  await expect(admit(request)).rejects.toMatchObject(expired);
  expect(counted).toEqual([holder.account, holder.account, holder.account]);
  const forged = { query: { token: 'forged' } } as FastifyRequest;
  await expect(admit(forged)).rejects.toMatchObject(expired);
  for (const query of [{}, { token: ['valid'] }]) {
    await expect(admit({ query } as FastifyRequest)).rejects.toThrow('no access token');
  }
});
