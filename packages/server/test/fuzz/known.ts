import { WORKSPACE_STREAM } from '@parley/protocol';
import fc, { type Arbitrary } from 'fast-check';
import { PASSWORD } from '../support/credentials.ts';
import type { Actors, IdKind } from './actors.ts';

/** Returns one of the latest entries of a list that grows meanwhile: these belong to current accounts. */
const oneOf = (list: readonly unknown[], latest = 8): Arbitrary<unknown> =>
  fc
    .nat()
    .map((n) => list[list.length - 1 - (n % Math.min(latest, list.length))] ?? WORKSPACE_STREAM);

/** Created once: building the generator of a pattern takes longer than generating from it. */
const name = fc.stringMatching(/^[a-z]{3,12}$/);

/** What the ids in a path belong to, by the part of the path before them. */
const KINDS: readonly (readonly [RegExp, IdKind])[] = [
  [/conversations|streams/, 'conversations'],
  [/users|admin\/accounts/, 'accounts'],
  [/service-accounts/, 'robots'],
  [/invitations/, 'invitations'],
  [/sessions/, 'sessions'],
];

/**
 * Valid values by field name: existing ids, so that requests get past the look-up. `path` tells what
 * an id belongs to.
 */
export function knownValues(
  actors: Actors,
  path = '',
): (field: string) => Arbitrary<unknown> | undefined {
  const { accounts, conversations, others, keys, sessions } = actors.ids;
  const kind = KINDS.find(([pattern]) => pattern.test(path))?.[1];
  const ids = fc.oneof(
    { weight: 8, arbitrary: kind ? oneOf(actors.ids[kind]) : oneOf(conversations) },
    { weight: 1, arbitrary: oneOf(accounts) },
    { weight: 1, arbitrary: oneOf(others, 500) },
  );
  // A group’s stream starts with its members joining; the messages follow.
  const seq = fc.oneof(
    { weight: 1, arbitrary: fc.integer({ min: 0, max: 8 }) },
    { weight: 4, arbitrary: fc.integer({ min: 9, max: 14 }) },
  );
  const fields: Record<string, Arbitrary<unknown>> = {
    account: oneOf(accounts),
    members: oneOf(accounts),
    accountId: oneOf(accounts),
    conversation: oneOf(conversations),
    stream: fc.oneof(oneOf(conversations), oneOf(accounts), fc.constant(WORKSPACE_STREAM)),
    keyId: oneOf(keys),
    sessionId: oneOf(sessions),
    'idempotency-key': fc.uuid(),
    seq,
    message: seq,
    emoji: fc.constantFrom('👍', '🎉', '1️⃣', '🏳️‍🌈', 'a', '👍👍'),
    body: fc.string({ minLength: 1, maxLength: 80, unit: 'grapheme' }),
    username: name,
    displayName: name,
    name,
    email: name.map((n) => `${n}@example.org`),
    phone: fc.constantFrom('+49 301 234567', '0049301234567'),
    password: fc.constant(PASSWORD),
    current: fc.constant(PASSWORD),
    next: fc.constantFrom('another good password', '/conversations'),
    code: fc.constantFrom('123456', '000 000'),
    token: fc.constantFrom(...['owner', 'admin', 'member'].map((r) => actors.token(r as 'owner'))),
    login: name,
  };
  const all = path.startsWith('/search') ? { ...fields, ...SEARCH } : fields;
  return (field) => (field === 'id' ? ids : all[field]);
}

/** Values of searches: `after` is a date there, and a page cursor in lists. */
const date = fc.constantFrom('2026-03-01', '2026-03', '2026', 'today', 'yesterday', '2026-02-30');
const SEARCH: Record<string, Arbitrary<unknown>> = {
  before: date,
  after: date,
  on: date,
  timeZone: fc.constantFrom('UTC', 'Europe/Berlin', 'Asia/Kolkata', 'Mars/Olympus'),
  cursor: fc.constant(
    Buffer.from(
      JSON.stringify({ at: 1, conversation: '01890a5d-ac96-774b-bcce-b302099a8057', seq: 1 }),
    ).toString('base64url'),
  ),
};
