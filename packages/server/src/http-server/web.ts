import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { pathOf } from '../http/errors.ts';
import { htmlPage } from '../http/html.ts';
import { type Content, sendContent } from './compressed.ts';
import type { RouteTable } from './not-found.ts';
import { readFolder } from './static-files.ts';

const NOT_BUILT = htmlPage(
  'Parley',
  '<h1>Parley is running</h1><p>The web client has not been built: run <code>npm run build</code> ' +
    'and restart. The API reference is at <a href="/docs">/docs</a>.</p>',
);

/** Paths of the API: an unknown one is answered with a problem document, never with a page. */
const NOT_A_PAGE = /^\/(api|docs|health|\.well-known|assets)(\/|$)/;

/** The folder of files whose names contain a hash of their content. */
const HASHED = '/assets/';

/**
 * Serves the built web client from memory. Files with a hash in their names never change and are
 * cached for a year; the others are revalidated. Any other path is a page of the client, which routes
 * it itself.
 */
export function webRoutes(app: FastifyInstance, folder: string, routes: RouteTable): void {
  const webDir = resolve(folder);
  const isBuilt = existsSync(join(webDir, 'index.html'));
  let index: Content | undefined;
  app.register(async (scope) => {
    if (!isBuilt) return;
    const files = await readFolder(webDir);
    index = files.get('/index.html');
    for (const [path, content] of files) {
      const cache = path.startsWith(HASHED) ? 'public, max-age=31536000, immutable' : 'no-cache';
      scope.get(path, { schema: { hide: true } }, (request, reply) =>
        sendContent(request, reply.header('cache-control', cache), content),
      );
    }
  });
  app.setNotFoundHandler((request, reply) => {
    if (!wantsPage(request)) return routes.refuse(request, reply);
    if (!index) return page(reply.code(503), NOT_BUILT);
    return sendContent(request, reply.header('cache-control', 'no-cache'), index);
  });
}

function wantsPage(request: FastifyRequest): boolean {
  if (request.method !== 'GET' && request.method !== 'HEAD') return false;
  // The start page is served regardless of the Accept header.
  if (pathOf(request) === '/') return true;
  return !NOT_A_PAGE.test(pathOf(request)) && (request.headers.accept ?? '').includes('text/html');
}

function page(reply: FastifyReply, html: string) {
  return reply.header('cache-control', 'no-cache').type('text/html; charset=utf-8').send(html);
}
