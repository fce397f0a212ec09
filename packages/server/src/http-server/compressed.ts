import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

/** Content encodings, the smallest result first. */
const ENCODINGS = ['br', 'gzip'] as const;
/** A supported content encoding. */
export type Encoding = (typeof ENCODINGS)[number];

/** Bytes that are the same for every request: encoded once, sent from memory. */
export interface Content {
  /** The media type, with its charset. */
  readonly type: string;
  readonly plain: Buffer;
  readonly encoded: Readonly<Partial<Record<Encoding, Buffer>>>;
  /** A strong validator of the plain bytes (RFC 9110 §8.8.3), without quotes. */
  readonly tag: string;
}

/** Smaller content is not compressed. */
const COMPRESSED_MIN = 1_024;
/** Nearly as small as at the highest level, in a fraction of the time. */
const BROTLI_LEVEL = 5;

/** Compresses bytes in the thread pool of libuv, not on the event loop. */
const encode: Readonly<Record<Encoding, (plain: Buffer) => Promise<Buffer>>> = {
  br: (plain) =>
    promisify(brotliCompress)(plain, {
      params: { [constants.BROTLI_PARAM_QUALITY]: BROTLI_LEVEL },
    }),
  gzip: promisify<Buffer, Buffer>(gzip),
};

/** Returns content made from bytes, with the given encodings, or compressed here if there are none. */
export async function contentOf(
  type: string,
  plain: Buffer,
  encoded: Content['encoded'] = {},
): Promise<Content> {
  const tag = createHash('sha256').update(plain).digest('base64url').slice(0, 22);
  const isWorthCompressing = plain.length >= COMPRESSED_MIN && isText(type);
  if (!isWorthCompressing || Object.keys(encoded).length > 0) return { type, plain, encoded, tag };
  const [br, gz] = await Promise.all([encode.br(plain), encode.gzip(plain)]);
  return { type, plain, encoded: { br, gzip: gz }, tag };
}

/** Sends content in the smallest encoding that the client accepts; 304 if the client has it. */
export function sendContent(request: FastifyRequest, reply: FastifyReply, content: Content) {
  const encoding = encodingFor(request.headers['accept-encoding'], content.encoded);
  const etag = `"${content.tag}${encoding === null ? '' : `-${encoding}`}"`;
  reply.header('etag', etag);
  if (Object.keys(content.encoded).length > 0) reply.header('vary', 'accept-encoding');
  if (hasTag(request.headers['if-none-match'], etag)) return reply.code(304).send();
  reply.type(content.type);
  if (encoding === null) return reply.send(content.plain);
  return reply.header('content-encoding', encoding).send(content.encoded[encoding]);
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /**
     * The JSON of the route is compressed. Only for data that all members may read: the length of a
     * compressed response can reveal secrets and private texts to attackers who can add text to it
     * (BREACH).
     */
    isCompressed?: boolean;
  }
}

/**
 * Compresses the JSON responses of the routes with `isCompressed`, from {@link COMPRESSED_MIN} bytes.
 * Hooks that measure a response must be added before, to see its uncompressed size.
 */
export function compressJson(scope: FastifyInstance): void {
  scope.addHook('onSend', async (request, reply, payload) => {
    if (!request.routeOptions.config.isCompressed) return payload;
    if (typeof payload !== 'string' || Buffer.byteLength(payload) < COMPRESSED_MIN) return payload;
    reply.header('vary', 'accept-encoding');
    const encoding = encodingFor(request.headers['accept-encoding'], encode);
    if (encoding === null) return payload;
    reply.header('content-encoding', encoding);
    return encode[encoding](Buffer.from(payload));
  });
}

/** Returns the smallest available encoding that the client accepts; null for none. */
export function encodingFor(
  accepted: string | undefined,
  available: Readonly<Partial<Record<Encoding, unknown>>>,
): Encoding | null {
  const weights = new Map<string, number>();
  for (const part of (accepted ?? '').toLowerCase().split(',')) {
    const [name = '', ...parameters] = part.split(';').map((text) => text.trim());
    const weight = parameters.find((text) => text.startsWith('q='));
    weights.set(name, weight === undefined ? 1 : Number(weight.slice(2)));
  }
  const weightOf = (name: string) => weights.get(name) ?? weights.get('*') ?? 0;
  return ENCODINGS.find((name) => available[name] && weightOf(name) > 0) ?? null;
}

const hasTag = (sent: string | undefined, etag: string): boolean =>
  (sent ?? '').split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag);

const isText = (type: string): boolean => /^text\/|json|javascript|xml|manifest/.test(type);
