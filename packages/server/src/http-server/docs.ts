import type { FastifyInstance } from 'fastify';
import { type ApiDocument, apiReferencePage, REFERENCE_STYLE } from './api-reference.ts';
import { type Content, contentOf, sendContent } from './compressed.ts';
import { errorsPage } from './error-docs.ts';

/**
 * Serves the API reference at /docs: HTML made from the OpenAPI document, without scripts. It is made and compressed
 * on the first request: it is large and rarely used.
 */
export function docsRoutes(app: FastifyInstance): void {
  const hidden = { schema: { hide: true } };
  const html = 'text/html; charset=utf-8';
  let reference: Promise<Content> | undefined;
  const makeReference = () => {
    // Typed more loosely than it is: the document is made from the schemas of the routes.
    const document = app.swagger() as unknown as ApiDocument;
    return contentOf(html, Buffer.from(apiReferencePage(document)));
  };

  app.get('/docs', hidden, async (request, reply) => {
    reference ??= makeReference();
    return sendContent(request, reply, await reference);
  });
  app.get('/docs/style.css', hidden, (_request, reply) =>
    reply.type('text/css; charset=utf-8').send(REFERENCE_STYLE),
  );
  app.get('/docs/errors', hidden, (_request, reply) => reply.type(html).send(errorsPage()));
}
