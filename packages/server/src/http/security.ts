import type { FastifyReply, FastifyRequest } from 'fastify';
import { pathOf } from './errors.ts';

/** A policy as a header’s value: the directives in order. */
const policy = (directives: Record<string, string>): string =>
  Object.entries(directives)
    .map(([name, value]) => `${name} ${value}`.trim())
    .join('; ');

/**
 * What the pages of the web client may load and do. Styles may stand inline: the parts of the
 * client that lock scrolling and show toasts put style elements into the page. Scripts may not.
 */
const WEB_POLICY = policy({
  'default-src': "'none'",
  'script-src': "'self'",
  'style-src': "'self' 'unsafe-inline'",
  'img-src': "'self' blob: data:",
  'media-src': "'self' blob: data:",
  'font-src': "'self'",
  'connect-src': "'self'",
  'manifest-src': "'self'",
  'worker-src': "'self'",
  'frame-ancestors': "'none'",
  'base-uri': "'none'",
  'form-action': "'self'",
  'object-src': "'none'",
  'require-trusted-types-for': "'script'",
});

/** The page of the API’s reference: its program builds HTML from text, so no trusted types. */
const DOCS_POLICY = policy({
  'default-src': "'none'",
  'script-src': "'self'",
  'style-src': "'self' 'unsafe-inline'",
  'img-src': "'self' blob: data:",
  'font-src': "'self' data:",
  'connect-src': "'self'",
  'frame-ancestors': "'none'",
  'base-uri': "'none'",
  'form-action': "'self'",
  'object-src': "'none'",
});

/** Answers of the API are data: whatever opens one as a page may do nothing at all. */
const DATA_POLICY = policy({ 'default-src': "'none'", 'frame-ancestors': "'none'", sandbox: '' });

/** Paths whose answers are data, never a page. */
const DATA = /^\/(api|health|\.well-known)(\/|$)/;
const DOCS = /^\/docs(\/|$)/;

function policyFor(path: string): string {
  if (DATA.test(path)) return DATA_POLICY;
  return DOCS.test(path) ? DOCS_POLICY : WEB_POLICY;
}

/** Sets the headers that keep browsers from guessing, framing and telling, on every answer. */
export function secure(
  request: FastifyRequest,
  reply: FastifyReply,
  {
    publicUrl,
    hstsSubdomains = false,
  }: { publicUrl: string | undefined; hstsSubdomains?: boolean | undefined },
): void {
  reply.headers({
    'content-security-policy': policyFor(pathOf(request)),
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'x-frame-options': 'DENY',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'permissions-policy': 'camera=(), microphone=(), geolocation=(), payment=(), usb=()',
    'x-request-id': request.id,
  });
  // For those only who have said that they are reached by https.
  if (publicUrl?.startsWith('https:')) {
    const scope = hstsSubdomains ? '; includeSubDomains' : '';
    reply.header('strict-transport-security', `max-age=31536000${scope}`);
  }
}
