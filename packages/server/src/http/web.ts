import { existsSync } from 'node:fs';
import { join, resolve, sep } from 'node:path';
import Static from '@fastify/static';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { pathOf } from './errors.ts';
import { htmlPage } from './html.ts';
import type { RouteTable } from './unknown.ts';

const NOT_BUILT = htmlPage(
  'Parley',
  '<h1>Parley is running</h1><p>The web client has not been built: run <code>npm run build</code> ' +
    'and restart. The API is described at <a href="/docs">/docs</a>.</p>',
);

/** A path of these is the API’s: what is not there is answered as a problem, never as a page. */
const NOT_A_PAGE = /^\/(api|docs|health|\.well-known|assets)(\/|$)/;

/**
 * The built web client. Files whose names carry a hash never change and are kept for a year; the
 * rest is asked for anew. Any other address is a page of the client, which reads it itself.
 */
export function webRoutes(app: FastifyInstance, folder: string, routes: RouteTable): void {
  const webDir = resolve(folder);
  const isBuilt = existsSync(join(webDir, 'index.html'));
  app.register(Static, {
    // The library wants a folder that exists, also to serve nothing of it.
    root: isBuilt ? webDir : import.meta.dirname,
    serve: isBuilt,
    wildcard: false,
    index: 'index.html',
    // A file `x.js.br` or `x.js.gz` beside `x.js` is sent to those who take it.
    preCompressed: true,
    cacheControl: false,
    setHeaders: (response, path) => {
      // Files of other folders (the program of /docs) bring their own.
      if (!path.startsWith(webDir + sep)) return;
      const isHashed = path.startsWith(join(webDir, 'assets') + sep);
      response.setHeader(
        'cache-control',
        isHashed ? 'public, max-age=31536000, immutable' : 'no-cache',
      );
    },
  });
  app.setNotFoundHandler((request, reply) => {
    if (!wantsPage(request)) return routes.refuse(request, reply);
    if (isBuilt) return reply.sendFile('index.html');
    return page(reply.code(503), NOT_BUILT);
  });
}

function wantsPage(request: FastifyRequest): boolean {
  if (request.method !== 'GET' && request.method !== 'HEAD') return false;
  // Whoever asks for the start page by its address wants it, whatever else would do.
  if (pathOf(request) === '/') return true;
  return !NOT_A_PAGE.test(pathOf(request)) && (request.headers.accept ?? '').includes('text/html');
}

function page(reply: FastifyReply, html: string) {
  return reply.header('cache-control', 'no-cache').type('text/html; charset=utf-8').send(html);
}
