import {
  createHash,
  createSign,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
} from 'node:crypto';
import type { PasskeyOptions, PasskeyResponse } from '@parley/protocol';

/**
 * A software authenticator (WebAuthn Level 3 §6): creates passkeys with ES256 and the attestation
 * `none`, and signs with them. Its options make it misbehave, for tests that it is rejected.
 */
export class Authenticator {
  readonly #passkeys: {
    readonly id: Buffer;
    readonly rpId: string;
    readonly key: KeyObject;
    readonly userHandle: string;
    counter: number;
  }[] = [];
  /** Whether it verifies the user. */
  verifiesUser = true;

  /** Answers `navigator.credentials.create`. */
  create(options: PasskeyOptions, origin: string): PasskeyResponse {
    const { rp, user, challenge } = options as PasskeyOptions & {
      rp: { id: string };
      user: { id: string };
    };
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const id = randomBytes(32);
    this.#passkeys.push({ id, rpId: rp.id, key: privateKey, userHandle: user.id, counter: 0 });
    const { x = '', y = '' } = publicKey.export({ format: 'jwk' });
    const coseKey = cbor(
      new Map<number, Cbor>([
        [1, 2],
        [3, -7],
        [-1, 1],
        [-2, Buffer.from(x, 'base64url')],
        [-3, Buffer.from(y, 'base64url')],
      ]),
    );
    const length = Buffer.alloc(2);
    length.writeUInt16BE(id.length);
    const attested = Buffer.concat([Buffer.alloc(16), length, id, coseKey]);
    const attestationObject = cbor(
      new Map<string, Cbor>([
        ['fmt', 'none'],
        ['attStmt', new Map<string, Cbor>()],
        ['authData', Buffer.concat([this.#authData(rp.id, 0, 0x40), attested])],
      ]),
    );
    return {
      id: id.toString('base64url'),
      rawId: id.toString('base64url'),
      type: 'public-key',
      clientExtensionResults: {},
      response: {
        clientDataJSON: clientData('webauthn.create', challenge, origin).toString('base64url'),
        attestationObject: attestationObject.toString('base64url'),
        transports: ['internal'],
      },
    };
  }

  /** Answers `navigator.credentials.get` for the site `rpId`; with an old `counter` if given. */
  get(
    options: PasskeyOptions,
    origin: string,
    { rpId, counter }: { rpId?: string; counter?: number } = {},
  ): PasskeyResponse {
    const { challenge } = options;
    const passkey = this.#passkeys.find((p) => p.rpId === (rpId ?? new URL(origin).hostname));
    if (!passkey) throw new Error('No passkey for this site');
    passkey.counter += 1;
    const authenticatorData = this.#authData(passkey.rpId, counter ?? passkey.counter, 0);
    const clientDataJSON = clientData('webauthn.get', challenge, origin);
    const signature = createSign('sha256')
      .update(authenticatorData)
      .update(sha256(clientDataJSON))
      .sign(passkey.key);
    return {
      id: passkey.id.toString('base64url'),
      rawId: passkey.id.toString('base64url'),
      type: 'public-key',
      clientExtensionResults: {},
      response: {
        clientDataJSON: clientDataJSON.toString('base64url'),
        authenticatorData: authenticatorData.toString('base64url'),
        signature: signature.toString('base64url'),
        userHandle: passkey.userHandle,
      },
    };
  }

  #authData(rpId: string, counter: number, more: number): Buffer {
    const tail = Buffer.alloc(5);
    // User present, and user verified.
    tail[0] = 0x01 | (this.verifiesUser ? 0x04 : 0) | more;
    tail.writeUInt32BE(counter, 1);
    return Buffer.concat([sha256(rpId), tail]);
  }
}

const sha256 = (data: string | Buffer): Buffer => createHash('sha256').update(data).digest();

const clientData = (type: string, challenge: string, origin: string): Buffer =>
  Buffer.from(JSON.stringify({ type, challenge, origin, crossOrigin: false }));

type Cbor = number | string | Buffer | Map<string, Cbor> | Map<number, Cbor>;

/** Encodes the subset of CBOR (RFC 8949) that authenticators use. */
function cbor(value: Cbor): Buffer {
  if (typeof value === 'number') return value < 0 ? head(1, -1 - value) : head(0, value);
  if (typeof value === 'string') {
    return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)]);
  }
  if (Buffer.isBuffer(value)) return Buffer.concat([head(2, value.length), value]);
  const entries = [...value].flatMap(([k, v]) => [cbor(k), cbor(v)]);
  return Buffer.concat([head(5, value.size), ...entries]);
}

function head(major: number, n: number): Buffer {
  if (n < 24) return Buffer.from([(major << 5) | n]);
  if (n < 256) return Buffer.from([(major << 5) | 24, n]);
  return Buffer.from([(major << 5) | 25, n >> 8, n & 0xff]);
}
