import type { FastifyInstance } from 'fastify';
import { type Content, contentOf, sendContent } from './compressed.ts';
import { type ApiDocument, apiReferencePage } from './docs/api-reference.ts';
import { DOCS_STYLE } from './docs/docs-page.ts';
import { errorsPage } from './docs/errors-page.ts';
import { protocolPage } from './docs/protocol-page.ts';

/**
 * Serves the documentation for developers, as HTML without scripts: the API reference at /docs, made from the OpenAPI
 * document, the WebSocket protocol and the error codes. The first two are made and compressed on the first request: they
 * are large and rarely used.
 */
export function docsRoutes(app: FastifyInstance): void {
  const hidden = { schema: { hide: true } };
  const html = 'text/html; charset=utf-8';
  const page = (path: string, make: () => Promise<string>) => {
    let content: Content | undefined;
    app.get(path, hidden, async (request, reply) => {
      content ??= await contentOf(html, Buffer.from(await make()));
      return sendContent(request, reply, content);
    });
  };

  // Typed more loosely than it is: the document is made from the schemas of the routes.
  page('/docs', async () => apiReferencePage(app.swagger() as unknown as ApiDocument));
  page('/docs/protocol', protocolPage);
  app.get('/docs/style.css', hidden, (_request, reply) =>
    reply.type('text/css; charset=utf-8').send(DOCS_STYLE),
  );
  app.get('/docs/errors', hidden, (_request, reply) => reply.type(html).send(errorsPage()));
}
