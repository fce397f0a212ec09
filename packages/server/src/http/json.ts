import { type Refusal, refusal } from '@parley/protocol';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { RefusalError } from './errors.ts';

/** The maximum nesting of objects and arrays; no request needs more than four. */
const DEPTH_MAX = 20;
const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Parses JSON bodies: valid UTF-8, of bounded depth, without keys that could pollute a prototype. An
 * empty body becomes undefined; the schema of the route decides whether a body is required.
 */
export function acceptJson(app: FastifyInstance): void {
  const parse = jsonParser(app);
  app.removeAllContentTypeParsers();
  app.addContentTypeParser<Buffer>('application/json', { parseAs: 'buffer' }, parse);
}

/** Accepts forms whose field `payload` contains JSON, which is parsed like a JSON body. */
export function acceptJsonForms(app: FastifyInstance): void {
  const parse = jsonParser(app);
  app.addContentTypeParser<string>(
    'application/x-www-form-urlencoded',
    { parseAs: 'string' },
    (request, form, done) =>
      parse(request, Buffer.from(new URLSearchParams(form).get('payload') ?? ''), done),
  );
}

type Done = (error: Error | null, body?: unknown) => void;

/** Returns the parser of JSON bodies. */
function jsonParser(app: FastifyInstance) {
  // The parser of Fastify, which rejects `__proto__` and `constructor.prototype`.
  const parse = app.getDefaultJsonParser('error', 'error');
  return (request: FastifyRequest, bytes: Buffer, done: Done) => {
    if (bytes.length === 0) return done(null, undefined);
    const text = readText(bytes);
    if (typeof text !== 'string') return done(new RefusalError(text));
    return parse(request, text, (error, value) =>
      error ? done(new RefusalError(refusal('invalid_json'))) : done(null, value),
    );
  };
}

function readText(bytes: Buffer): string | Refusal {
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch {
    // There is no other reason for decoding to fail.
    return refusal('invalid_json', 'The body is not valid UTF-8');
  }
  if (depthOf(text) > DEPTH_MAX) {
    return refusal('invalid_json', `The JSON is nested deeper than ${DEPTH_MAX} levels`);
  }
  return text;
}

/** Returns the nesting depth of JSON text without parsing it; brackets in strings do not count. */
export function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  let inString = false;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (inString) {
      if (c === 0x5c /* \ */) i++;
      else if (c === 0x22 /* " */) inString = false;
    } else if (c === 0x22) inString = true;
    else if (c === 0x7b /* { */ || c === 0x5b /* [ */) {
      depth++;
      if (depth > deepest) deepest = depth;
    } else if (c === 0x7d /* } */ || c === 0x5d /* ] */) depth--;
  }
  return deepest;
}
