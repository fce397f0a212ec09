import { STATUS_CODES } from 'node:http';
import Swagger, { type SwaggerTransformObject } from '@fastify/swagger';
import { LIVE_PATH } from '@parley/protocol';
import type { FastifyInstance } from 'fastify';
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod';

const DESCRIPTION = `
The whole API of this server: the web client uses nothing else.

**Who asks.** Register or log in, and you have a session. A browser keeps it as an HttpOnly cookie;
a program sends \`Parley-Session: token\` and keeps the session token (\`ps_…\`) of the answer. The
session is good for one thing: \`POST /api/v1/auth/token\` gives an access token (a JWT, ten minutes),
and every other call wants that as \`Authorization: Bearer …\`. Anybody can check access tokens with
the keys at \`/.well-known/jwks.json\`.

**Writes** may carry an \`Idempotency-Key\` (a UUID). The same key again, a second or a year later, is
not carried out again but answered as it was the first time. Retry as often as you like.

**Mistakes** are problem documents (RFC 9457) with a stable \`code\`; \`errors\` names every wrong field.
All codes: [/docs/errors](/docs/errors).

**Live.** Events arrive over a WebSocket at \`${LIVE_PATH}\`. Its first frame is
\`{"op":"hello","token":"<access token>","cursor":{}}\`.
`.trim();

/** Collects the schemas of all routes into the OpenAPI document (`app.swagger()`). */
export function describeApi(app: FastifyInstance): void {
  app.register(Swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Parley',
        version: '1',
        description: DESCRIPTION,
        license: { name: 'MIT', identifier: 'MIT' },
      },
      servers: [{ url: '/' }],
      tags: [
        { name: 'Accounts', description: 'Registration, log-in, tokens, oneself' },
        { name: 'People', description: 'Who is here' },
        { name: 'Conversations', description: 'Groups and direct conversations' },
        { name: 'Members', description: 'Who belongs to a conversation' },
        { name: 'Messages', description: 'Posting, history, reactions' },
        { name: 'Read cursors', description: 'How far one has read' },
        { name: 'Streams', description: 'Events as they are stored' },
        { name: 'Administration', description: 'For those who run the server' },
        {
          name: 'Service accounts',
          description: 'Accounts of bots and integrations, and their API keys',
        },
        { name: 'Health', description: 'For those who watch over the server' },
      ],
      components: {
        securitySchemes: {
          accessToken: {
            type: 'http',
            scheme: 'bearer',
            bearerFormat: 'JWT',
            description: 'An access token; ten minutes. From log-in or POST /api/v1/auth/token.',
          },
          apiKey: {
            type: 'http',
            scheme: 'bearer',
            description: 'The key of a program (pk_…), which an admin has made.',
          },
          sessionToken: {
            type: 'http',
            scheme: 'bearer',
            description: 'The session token of a program (ps_…).',
          },
          sessionCookie: {
            type: 'apiKey',
            in: 'cookie',
            name: 'parley_session',
            description: 'The session of a browser; behind https `__Host-parley_session`.',
          },
        },
      },
    },
    transform: jsonSchemaTransform,
    transformObject: (document) => nameAnswers(jsonSchemaTransformObject(document)),
  });
}

/** Answers without a description of their own are called by the name of their status. */
function nameAnswers(document: ReturnType<SwaggerTransformObject>) {
  for (const item of Object.values(document.paths ?? {})) {
    for (const operation of Object.values(item ?? {})) {
      const { responses = {} } = operation as {
        responses?: Record<string, { description?: string }>;
      };
      for (const [status, answer] of Object.entries(responses)) {
        if (answer.description !== 'Default Response') continue;
        answer.description = STATUS_CODES[status] ?? 'Answer';
      }
    }
  }
  return document;
}
