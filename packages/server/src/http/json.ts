import { type Refusal, refusal } from '@parley/protocol';
import type { FastifyInstance } from 'fastify';
import { RefusalError } from './errors.ts';

/** Objects and arrays may be nested this deep; no body of ours needs more than four. */
const DEPTH_MAX = 20;
const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Reads JSON bodies: UTF-8 without damage, of bounded depth, without keys that reach for an
 * object’s prototype. No body at all comes as undefined; the route’s schema knows if one is needed.
 */
export function acceptJson(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error');
  app.removeAllContentTypeParsers();
  app.addContentTypeParser<Buffer>(
    'application/json',
    { parseAs: 'buffer' },
    (request, bytes, done) => {
      if (bytes.length === 0) return done(null, undefined);
      const text = readText(bytes);
      if (typeof text !== 'string') return done(new RefusalError(text));
      // Fastify’s own parser, for its guard against `__proto__` and `constructor.prototype`.
      return parse(request, text, (error, value) =>
        error ? done(new RefusalError(refusal('invalid_json'))) : done(null, value),
      );
    },
  );
}

function readText(bytes: Buffer): string | Refusal {
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch {
    // The only reason why decoding fails.
    return refusal('invalid_json', 'The body is not valid UTF-8');
  }
  if (depthOf(text) > DEPTH_MAX) {
    return refusal('invalid_json', `The JSON is nested deeper than ${DEPTH_MAX} levels`);
  }
  return text;
}

/** How deep brackets are nested, strings left out: known before anything is built from the text. */
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
