import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { type Content, contentOf, sendContent } from './compressed.ts';
import { errorsPage } from './error-docs.ts';

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Parley API</title>
</head>
<body>
<div id="reference"></div>
<script src="/docs/reference.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
`;

// Every feature that would contact a third-party server is off.
const START = `Scalar.createApiReference('#reference', {
  url: '/api/v1/openapi.json',
  withDefaultFonts: false,
  telemetry: false,
  hideClientButton: true,
  showDeveloperTools: 'never',
  agent: { disabled: true },
  mcp: { disabled: true },
  theme: 'default',
});
`;

/**
 * Serves the API reference at /docs. It is rendered by a script of the installed Scalar package; no
 * third-party server is contacted.
 */
export function docsRoutes(app: FastifyInstance): void {
  const entry = createRequire(import.meta.url).resolve('@scalar/fastify-api-reference');
  const program = join(dirname(entry), 'js', 'standalone.js');
  const hidden = { schema: { hide: true } };
  const html = 'text/html; charset=utf-8';
  const javascript = 'text/javascript; charset=utf-8';

  // Read and compressed on the first request: it is large and rarely used.
  let reference: Promise<Content> | undefined;
  const readReference = async () => contentOf(javascript, await readFile(program));

  app.get('/docs', hidden, (_request, reply) => reply.type(html).send(PAGE));
  app.get('/docs/start.js', hidden, (_request, reply) => reply.type(javascript).send(START));
  app.get('/docs/reference.js', hidden, async (request, reply) => {
    reference ??= readReference();
    reply.header('cache-control', 'public, max-age=86400');
    return sendContent(request, reply, await reference);
  });
  app.get('/docs/errors', hidden, (_request, reply) => reply.type(html).send(errorsPage()));
}
