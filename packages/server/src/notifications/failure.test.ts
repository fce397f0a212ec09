import { expect, test } from 'vitest';
import { UNREADABLE_ADDRESS } from '../push/devices.ts';
import { failureOf } from './failure.ts';

test.each([
  ['connect ECONNREFUSED 127.0.0.1:25', 'refused'],
  ['The push server could not be reached (ENOTFOUND)', 'not_found'],
  ['The push server could not be reached (EHOSTUNREACH)', 'unreachable'],
  ['The push server did not answer in time', 'timed_out'],
  ['Greeting never received: Connection timeout', 'timed_out'],
  ['self-signed certificate in certificate chain', 'certificate'],
  ['The push server could not be reached (DEPTH_ZERO_SELF_SIGNED_CERT)', 'certificate'],
  ['Invalid login: 535 5.7.8 Bad credentials', 'credentials'],
  ['All recipients were rejected: 550 5.1.1 User unknown', 'rejected'],
  ['The push server answered with 403', 'rejected'],
  ['The push server answered with 503', 'unavailable'],
  ['The push server answered with 410', 'gone'],
  ['The push server answered with 429', 'rate_limited'],
  ['The address of the push server is not public', 'not_public'],
  ['The address is not allowed', 'not_public'],
  [UNREADABLE_ADDRESS, 'undecryptable'],
  ['421 4.3.2 Greylisted, come back later', 'other'],
])('%s: %s', (error, reason) => {
  expect(failureOf(error)).toEqual({ reason, error });
});

test('a long error is cut', () => {
  expect(failureOf('x'.repeat(1_000)).error).toHaveLength(300);
});
