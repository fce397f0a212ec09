import type { FastifyReply, FastifyRequest } from 'fastify';
import { pathOf } from '../http/errors.ts';
import { PAGE_STYLE_SOURCE } from '../http/html.ts';

/** Formats a policy as the value of its header. */
const policy = (directives: Record<string, string>): string =>
  Object.entries(directives)
    .map(([name, value]) => `${name} ${value}`.trim())
    .join('; ');

/**
 * The Content-Security-Policy of the web client: neither inline scripts nor inline styles, except the one style element
 * of the server’s own pages, and no HTML from strings. The one Trusted Types policy returns the addresses of workers
 * (web/src/lib/worker-script.ts).
 */
const WEB_POLICY = policy({
  'default-src': "'none'",
  'script-src': "'self'",
  'style-src': `'self' ${PAGE_STYLE_SOURCE}`,
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
  'trusted-types': 'parley-worker',
});

/** The policy of the API reference and the list of error codes, which have no scripts. */
const DOCS_POLICY = policy({
  'default-src': "'none'",
  'style-src': `'self' ${PAGE_STYLE_SOURCE}`,
  'img-src': "'self'",
  'frame-ancestors': "'none'",
  'base-uri': "'none'",
  'form-action': "'none'",
  'require-trusted-types-for': "'script'",
  'trusted-types': "'none'",
});

/** The policy of API responses: they are data and may do nothing if opened as a page. */
const DATA_POLICY = policy({ 'default-src': "'none'", 'frame-ancestors': "'none'", sandbox: '' });

/** Paths whose responses are data, never a page. */
const DATA = /^\/(api|health|\.well-known)(\/|$)/;
const DOCS = /^\/docs(\/|$)/;

function policyFor(path: string): string {
  if (DATA.test(path)) return DATA_POLICY;
  return DOCS.test(path) ? DOCS_POLICY : WEB_POLICY;
}

/** Sets the security headers (content policy, sniffing, framing, referrer, HSTS) of every response. */
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
  // Only if the server is configured to be reached over HTTPS.
  if (publicUrl?.startsWith('https:')) {
    const scope = hstsSubdomains ? '; includeSubDomains' : '';
    reply.header('strict-transport-security', `max-age=31536000${scope}`);
  }
}
