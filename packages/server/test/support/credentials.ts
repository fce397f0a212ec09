import { Secret, TOTP } from 'otpauth';

/** The password of every test user. */
export const PASSWORD = 'correct horse battery staple';

/** The header that requests the session token in the response. */
export const WITH_SESSION_TOKEN = { 'parley-session': 'token' };

/** Returns the header that authenticates with a token or API key. */
export const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

/** Returns the code that an authenticator app shows at a time, ms. */
export const totpCode = (secret: string, at = Date.now()): string =>
  new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: at });
