import { createHash } from 'node:crypto';
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { pipeline, type Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { AwsV4Signer } from 'aws4fetch';
import { errorOfResponse, isTransient, S3Error } from './s3-error.ts';

/** Attempts of a request; between them it waits 0.2 s, 0.4 s, 0.8 s … */
const ATTEMPTS = 5;
const WAIT_MS = 200;
/** An attempt without any progress ends after this time. */
const IDLE_MS = 20_000;
/** An attempt ends after this time, plus the time its body takes at the slowest rate. */
const ATTEMPT_MS = 30_000;
const BYTES_PER_MS_MIN = 100;
/** Connections, and requests that are sent at the same time. Further ones wait. */
const SOCKETS_MAX = 64;
/** The maximum size of a response that is read into memory, and its time limit. */
const TEXT_MAX = 4 * 1024 * 1024;
const TEXT_MS = 60_000;
const EMPTY_SHA256 = createHash('sha256').digest('hex');

/** The location of a bucket, and how to access it. */
export interface S3Settings {
  readonly endpoint: string;
  readonly region: string;
  readonly bucket: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Whether the bucket is in the path of addresses, not in the host name. */
  readonly pathStyle: boolean;
}

/** The body of a request. Each attempt opens it again. */
export interface S3Body {
  readonly bytes: number;
  /** The server compares it with the bytes it receives. */
  readonly sha256: string;
  open(): Readable | Uint8Array;
}

/** A request to the bucket, or to an object in it. */
export interface S3Request {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE';
  readonly key?: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: S3Body;
  readonly attempts?: number;
  readonly idleMs?: number;
}

/** Returns a body of bytes in memory. */
export const bodyOf = (bytes: Uint8Array): S3Body => ({
  bytes: bytes.length,
  sha256: createHash('sha256').update(bytes).digest('hex'),
  open: () => bytes,
});

/**
 * Sends signed requests to an S3 server, and retries transient failures.
 *
 * 1. Every attempt has a time limit, and ends when nothing moves.
 * 2. Errors contain the status and code of the response, and nothing that was sent.
 */
export class S3Client {
  readonly #settings: S3Settings;
  readonly #base: URL;
  readonly #agent: HttpAgent | HttpsAgent;
  readonly #onOutcome: (isReachable: boolean) => void;

  /** `onOutcome` is called after each attempt with whether the server works. */
  constructor(settings: S3Settings, onOutcome: (isReachable: boolean) => void) {
    this.#settings = settings;
    this.#onOutcome = onOutcome;
    this.#base = baseOf(settings);
    const options = { keepAlive: true, maxSockets: SOCKETS_MAX, maxFreeSockets: 8 };
    this.#agent =
      this.#base.protocol === 'https:' ? new HttpsAgent(options) : new HttpAgent(options);
  }

  /**
   * Sends a request, and returns the response with its headers read. The caller reads or destroys its body.
   * @throws {S3Error} for a response other than 2xx
   */
  async send(request: S3Request): Promise<IncomingMessage> {
    const attempts = request.attempts ?? ATTEMPTS;
    for (let attempt = 1; ; attempt++) {
      try {
        const response = await this.#attempt(request);
        this.#onOutcome(true);
        return response;
      } catch (error) {
        const mayPass = isTransient(error);
        this.#onOutcome(!mayPass);
        if (!mayPass || attempt >= attempts) throw error;
        await pause(WAIT_MS * 2 ** (attempt - 1) * (0.5 + Math.random()));
      }
    }
  }

  /** Sends a request, and returns the text of the response; empty for HEAD. */
  async text(request: S3Request): Promise<string> {
    return await textOf(await this.send(request), request.idleMs ?? IDLE_MS);
  }

  async #attempt(request: S3Request): Promise<IncomingMessage> {
    const response = await this.#exchange(request);
    const status = response.statusCode ?? 0;
    if (status >= 200 && status < 300) return response;
    let text = '';
    try {
      text = await textOf(response, IDLE_MS);
    } finally {
      // The rest of a refused body is not sent.
      response.destroy();
    }
    throw errorOfResponse(status, text);
  }

  async #exchange({ method, key = '', query, headers, body, idleMs }: S3Request) {
    const url = new URL(this.#base);
    // Not all servers treat the URL of a bucket with a trailing slash the same as without.
    if (key !== '') url.pathname += url.pathname.endsWith('/') ? key : `/${key}`;
    for (const [name, value] of Object.entries(query ?? {})) url.searchParams.set(name, value);
    const { accessKeyId, secretAccessKey, region } = this.#settings;
    const signed = await new AwsV4Signer({
      method,
      url: url.href,
      headers: { ...headers, 'x-amz-content-sha256': body?.sha256 ?? EMPTY_SHA256 },
      accessKeyId,
      secretAccessKey,
      service: 's3',
      region,
    }).sign();
    const send = signed.url.protocol === 'https:' ? httpsRequest : httpRequest;
    return await new Promise<IncomingMessage>((resolve, reject) => {
      const outgoing = send(signed.url, {
        method,
        agent: this.#agent,
        headers: {
          ...Object.fromEntries(signed.headers),
          ...((body || method === 'PUT' || method === 'POST') && {
            'content-length': body?.bytes ?? 0,
          }),
        },
      });
      const end = () => outgoing.destroy(new Error('The S3 server did not respond in time'));
      const limit = setTimeout(end, ATTEMPT_MS + (body?.bytes ?? 0) / BYTES_PER_MS_MIN);
      outgoing.setTimeout(idleMs ?? IDLE_MS, end);
      outgoing.on('response', (response) => {
        clearTimeout(limit);
        // From here on the reader of the body measures idle time: see piecesOf.
        outgoing.setTimeout(0);
        resolve(response);
      });
      outgoing.on('error', (error) => {
        clearTimeout(limit);
        reject(error);
      });
      const opened = body?.open();
      if (opened === undefined) outgoing.end();
      else if (opened instanceof Uint8Array) outgoing.end(opened);
      // Its errors destroy the request, which reports them.
      else pipeline(opened, outgoing, (error) => error && reject(error));
    });
  }
}

/** Yields the body of a response. @throws if nothing arrives for some time while waiting for it */
export async function* piecesOf(
  response: IncomingMessage,
  idleMs = IDLE_MS,
): AsyncGenerator<Buffer, void> {
  const iterator = response[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  try {
    for (;;) {
      const timer = setTimeout(
        () => response.destroy(new Error('The S3 server stopped sending')),
        idleMs,
      );
      const step = await iterator.next().finally(() => clearTimeout(timer));
      if (step.done) return;
      yield step.value;
    }
  } finally {
    if (!response.complete) response.destroy();
  }
}

async function textOf(response: IncomingMessage, idleMs: number): Promise<string> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  const startedAt = performance.now();
  for await (const piece of piecesOf(response, idleMs)) {
    bytes += piece.length;
    if (bytes > TEXT_MAX) throw new S3Error(response.statusCode ?? 0, 'ResponseTooLong');
    if (performance.now() - startedAt > TEXT_MS) throw new Error('The S3 server sends too slowly');
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString();
}

/** Returns the address of a bucket, without a slash at the end of its path. */
function baseOf({ endpoint, bucket, pathStyle }: S3Settings): URL {
  const url = new URL(endpoint);
  url.pathname = url.pathname.replace(/\/$/, '');
  if (pathStyle) url.pathname += url.pathname.endsWith('/') ? bucket : `/${bucket}`;
  else url.hostname = `${bucket}.${url.hostname}`;
  return url;
}
