import Swagger from '@fastify/swagger';
import { LIMITS, LIVE_PATH } from '@parley/protocol';
import type { FastifyInstance } from 'fastify';
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { completeOperations } from './complete-operations.ts';

const DESCRIPTION = `
The complete API of this server; the web client uses no other.

**Authentication.** Register or log in to start a session. A browser keeps it as an HttpOnly cookie;
other clients send \`Parley-Session: token\` and keep the session token (\`ps_…\`) of the response. The
session is only used for \`POST /api/v1/auth/token\`, which returns an access token (a JWT, valid for
ten minutes). Every other request needs it as \`Authorization: Bearer …\`. Access tokens can be
verified with the public keys at \`/.well-known/jwks.json\`.

The examples in [/docs](/docs) use two variables of the shell: \`PARLEY\`, the address of this server, and
\`TOKEN\`, an access token or an API key.

**Bots and integrations** are service accounts. An admin creates one and its API key (\`pk_…\`), which is
sent instead of an access token: \`Authorization: Bearer pk_…\`. It does not expire unless the admin chose
a date. Each operation says which scope the key needs, or that it rejects API keys.

**Idempotency.** Operations with the header \`Idempotency-Key\` (a UUID) are carried out once for each key. A
retry with the same key and the same request gets the original result, at any later time. For an import,
derive the keys from the ids of what is imported: it can then be interrupted and run again.

**Errors** are problem documents (RFC 9457) with a stable \`code\`; \`errors\` lists every invalid field.
All codes: [/docs/errors](/docs/errors). A problem with \`retryAfter\` (seconds; also the header
\`Retry-After\`) succeeds later.

**Rate limits.** An account may send ${LIMITS.accountRequests} requests a minute; what exceeds this is refused with
\`rate_limited\`. Logins, emails, uploads and searches have limits of their own. An operator turns
the limits off for an import with \`RATE_LIMITS=off\`.

**Real time.** Events arrive over a WebSocket at \`${LIVE_PATH}\`. Its first frame is
\`{"op":"hello","token":"<access token or API key>","cursor":{}}\`. [WebSocket protocol](/docs/protocol) describes
all others.
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
        { name: 'Accounts', description: 'Registration, login, tokens, and your own account' },
        { name: 'People', description: 'Users, user groups and profiles' },
        { name: 'Conversations', description: 'Groups and direct conversations' },
        { name: 'Members', description: 'The members of a conversation' },
        { name: 'Messages', description: 'Posting, history, reactions' },
        { name: 'Threads', description: 'Replies under a message' },
        { name: 'Polls', description: 'Questions with choices to vote for' },
        { name: 'Emoji', description: 'The custom emoji of the server' },
        { name: 'Files', description: 'Uploading, viewing and downloading files' },
        { name: 'Drafts', description: 'Unsent messages, the same on all devices' },
        { name: 'Scheduled messages', description: 'Messages that the server sends later' },
        { name: 'Saved messages', description: 'Bookmarks and reminders' },
        { name: 'Notifications', description: 'Settings and devices' },
        { name: 'Activity', description: 'Mentions, replies, reactions and other news for you' },
        { name: 'Sidebar', description: 'Sections, order and placement of conversations' },
        { name: 'Moderation', description: 'Reports of messages' },
        { name: 'Retention', description: 'How long messages are kept' },
        { name: 'Search', description: 'Messages, users and groups by their text and names' },
        { name: 'Read cursors', description: 'How far an account has read' },
        { name: 'Streams', description: 'The stored events' },
        { name: 'Server', description: 'The public settings and the icon of the server' },
        { name: 'Administration', description: 'For owners and admins' },
        {
          name: 'Service accounts',
          description: 'Accounts of bots and integrations, and their API keys',
        },
        { name: 'Health', description: 'For monitoring' },
      ],
      components: {
        securitySchemes: {
          accessToken: {
            type: 'http',
            scheme: 'bearer',
            bearerFormat: 'JWT',
            description:
              'An access token, valid for ten minutes, from a login or POST /api/v1/auth/token.',
          },
          apiKey: {
            type: 'http',
            scheme: 'bearer',
            description: 'The API key of a service account (pk_…), created by an admin.',
          },
          sessionToken: {
            type: 'http',
            scheme: 'bearer',
            description: 'The session token of a client that is not a browser (ps_…).',
          },
          sessionCookie: {
            type: 'apiKey',
            in: 'cookie',
            name: 'parley_session',
            description:
              'The session of a browser; with HTTPS it is named `__Host-parley_session`.',
          },
        },
      },
    },
    transform: (route) => withExamples(route.schema?.body, jsonSchemaTransform(route)),
    transformObject: (document) => completeOperations(jsonSchemaTransformObject(document)),
  });
}

/** Adds the examples of a body: Zod leaves them out where reading the body transforms it, for instance by a default. */
function withExamples(
  body: unknown,
  transformed: ReturnType<typeof jsonSchemaTransform>,
): ReturnType<typeof jsonSchemaTransform> {
  const described = transformed.schema.body as { examples?: unknown } | undefined;
  const { examples } = (body instanceof z.ZodType ? body.meta() : undefined) ?? {};
  if (described && examples !== undefined) described.examples ??= examples;
  return transformed;
}
