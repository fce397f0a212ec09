import { createDecipheriv, createECDH, createPublicKey, hkdfSync, randomBytes } from 'node:crypto';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ConversationId, Seq } from '@parley/protocol';
import { jwtVerify } from 'jose';
import { until } from './sink.ts';

interface PushedContent {
  readonly type: 'message' | 'close' | 'test';
  readonly account: string;
  readonly conversation?: ConversationId;
  readonly seq?: Seq;
  readonly thread?: Seq | null;
  readonly title?: string;
  readonly body?: string;
}

/** What a push server has received for a browser, decrypted as the browser does. */
export interface Pushed {
  readonly browser: string;
  readonly headers: IncomingHttpHeaders;
  readonly content: PushedContent;
}

/** A browser that has subscribed at the push server. */
export interface TestBrowser {
  readonly endpoint: string;
  readonly keys: { readonly p256dh: string; readonly auth: string };
}

/** What was published to a topic. */
export interface Published {
  readonly headers: IncomingHttpHeaders;
  readonly content: {
    readonly topic: string;
    readonly title: string;
    readonly message: string;
    readonly click: string;
    readonly tags: readonly string[];
    readonly priority: number;
  };
}

/** An answer that the push server gives in place of 201. */
export interface PushAnswer {
  readonly status: number;
  readonly headers?: Record<string, string>;
}

/** A push server for browsers (RFC 8030, 8291, 8292) and topics of ntfy, over HTTP. */
export interface PushServer {
  readonly url: string;
  readonly pushed: readonly Pushed[];
  readonly published: readonly Published[];
  /** Requests that had no valid signature of the server’s key (VAPID). */
  readonly unsigned: number;
  /** Creates a browser that subscribes with the public key of a server. */
  browser(publicKey: string): TestBrowser;
  /** From now on, answers messages to browsers or leaves them without an answer. */
  hold(isHeld: boolean): void;
  /** Answers the next requests with these, one each. */
  answer(...answers: PushAnswer[]): void;
  /** Waits for a message to a browser. */
  next(browser: TestBrowser, matches?: (content: PushedContent) => boolean): Promise<Pushed>;
  stop(): Promise<void>;
}

interface Keys {
  readonly ecdh: ReturnType<typeof createECDH>;
  readonly auth: Buffer;
  readonly publicKey: string;
}

/** Starts a push server on a free port of this machine. */
export async function startPushServer(): Promise<PushServer> {
  const browsers = new Map<string, Keys>();
  const pushed: Pushed[] = [];
  const published: Published[] = [];
  const answers: PushAnswer[] = [];
  let unsigned = 0;
  let isHolding = false;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', async () => {
      const body = Buffer.concat(chunks);
      const answer = answers.shift();
      const browser = browsers.get(request.url ?? '');
      if (answer) {
        response.writeHead(answer.status, answer.headers).end();
      } else if (browser) {
        if (!(await isSigned(request.headers.authorization, browser.publicKey, address()))) {
          unsigned++;
          response.writeHead(403).end();
          return;
        }
        const content = JSON.parse(decrypt(body, browser));
        pushed.push({ browser: request.url ?? '', headers: request.headers, content });
        if (!isHolding) response.writeHead(201).end();
      } else if (request.url === '/') {
        published.push({ headers: request.headers, content: JSON.parse(body.toString()) });
        response.writeHead(200).end('{}');
      } else response.writeHead(404).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url: address(),
    pushed,
    published,
    get unsigned() {
      return unsigned;
    },
    browser(publicKey) {
      const path = `/push/${randomBytes(12).toString('base64url')}`;
      const ecdh = createECDH('prime256v1');
      ecdh.generateKeys();
      const auth = randomBytes(16);
      browsers.set(path, { ecdh, auth, publicKey });
      return {
        endpoint: `${address()}${path}`,
        keys: {
          p256dh: ecdh.getPublicKey().toString('base64url'),
          auth: auth.toString('base64url'),
        },
      };
    },
    hold(isHeld) {
      isHolding = isHeld;
    },
    answer: (...more) => void answers.push(...more),
    async next({ endpoint }, matches = () => true) {
      const path = new URL(endpoint).pathname;
      const find = () => pushed.find((p) => p.browser === path && matches(p.content));
      await until(async () => find() !== undefined, 'a push to the browser');
      return find() as Pushed;
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Decrypts a message as the receiver of RFC 8291 does. */
function decrypt(message: Buffer, { ecdh, auth }: Keys): string {
  const salt = message.subarray(0, 16);
  const idLength = message.readUInt8(20);
  const theirs = message.subarray(21, 21 + idLength);
  const sealed = message.subarray(21 + idLength);
  const derive = (key: Buffer, by: Buffer, info: Buffer, bytes: number) =>
    Buffer.from(hkdfSync('sha256', key, by, info, bytes));
  const info = Buffer.concat([Buffer.from('WebPush: info\0'), ecdh.getPublicKey(), theirs]);
  const ikm = derive(ecdh.computeSecret(theirs), auth, info, 32);
  const key = derive(ikm, salt, Buffer.from('Content-Encoding: aes128gcm\0'), 16);
  const nonce = derive(ikm, salt, Buffer.from('Content-Encoding: nonce\0'), 12);
  const decipher = createDecipheriv('aes-128-gcm', key, nonce);
  decipher.setAuthTag(sealed.subarray(-16));
  const plain = Buffer.concat([decipher.update(sealed.subarray(0, -16)), decipher.final()]);
  const end = plain.lastIndexOf(2);
  return plain.subarray(0, end).toString();
}

/** Returns whether a request is signed with the key that the browser subscribed with (RFC 8292). */
async function isSigned(
  header: string | undefined,
  publicKey: string,
  origin: string,
): Promise<boolean> {
  const [, token = '', key = ''] = /^vapid t=([\w.-]+), k=([\w-]+)$/.exec(header ?? '') ?? [];
  if (key !== publicKey) return false;
  const point = Buffer.from(publicKey, 'base64url');
  const jwk = {
    kty: 'EC',
    crv: 'P-256',
    x: point.subarray(1, 33).toString('base64url'),
    y: point.subarray(33).toString('base64url'),
  };
  try {
    const verified = await jwtVerify(token, createPublicKey({ key: jwk, format: 'jwk' }), {
      audience: origin,
      algorithms: ['ES256'],
      requiredClaims: ['exp', 'sub'],
    });
    return (verified.payload.exp ?? 0) - Date.now() / 1000 < 24 * 3600;
  } catch {
    return false;
  }
}
