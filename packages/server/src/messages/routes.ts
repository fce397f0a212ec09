import {
  type AccountId,
  type ConversationId,
  EditBody,
  EditHistoryPage,
  EditHistoryQuery,
  EventsPage,
  EventsQuery,
  HistoryPage,
  HistoryQuery,
  MentionSuggestionsAnswer,
  MentionSuggestionsQuery,
  Message,
  mayMention,
  newMessage,
  PinnedMessages,
  PinnedMessagesQuery,
  PostBody,
  Seq,
  StreamId,
} from '@parley/protocol';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { sessionOf } from '../http/authenticate.ts';
import { problems } from '../http/describe.ts';
import { refuse, storedOrRefuse } from '../http/errors.ts';
import { pageCursor } from '../http/page.ts';
import type { Append } from '../stream/append.ts';
import { commandRoutes } from './command-routes.ts';
import { editMessage, postMessage } from './commands.ts';
import { editHistory } from './edit-history.ts';
import { forwardRoutes } from './forward-routes.ts';
import { mentionSuggestions } from './mention-suggestions.ts';
import { pollRoutes } from './poll-routes.ts';
import { previewRoutes } from './preview-routes.ts';
import { eventsFor, history, messageFor, pinnedMessages } from './queries.ts';
import { type ReadRouteDeps, readRoutes } from './read-routes.ts';
import {
  commandRequest,
  headers,
  messageAfter,
  OfConversation,
  OfMessage,
  security,
} from './requests.ts';
import { replyPlaceOf } from './thread-roots.ts';
import { userGroupSuggestions } from './user-group-suggestions.ts';

/** The dependencies of the message routes. */
export interface MessageDeps extends ReadRouteDeps {
  readonly append: Append;
}

/** Registers the routes of messages, reactions, pins, read cursors and events. */
export function messageRoutes(instance: FastifyInstance, deps: MessageDeps): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  const { pool, append, authenticate: onRequest } = deps;

  const show = async (account: AccountId, id: ConversationId, seq: Seq) => {
    const message = await messageFor(pool, account, id, seq);
    if (message === null) refuse('conversation_not_found');
    return message ?? refuse('message_not_found');
  };

  app.route({
    method: 'GET',
    url: '/conversations/:id/messages',
    schema: {
      operationId: 'listMessages',
      tags: ['Messages'],
      summary: 'List messages',
      description:
        'Returns the latest messages, or those before, after or around a seq, or around the first one that was posted at `aroundTime` or later (the latest ones if there is none), ordered by seq. A member can read the whole history, including messages from before it joined. Use `hasOlder` and `hasNewer` to continue: a page of long messages has fewer than `limit`.',
      security,
      params: OfConversation,
      querystring: HistoryQuery,
      response: { 200: HistoryPage, ...problems(401, 404, 422) },
    },
    onRequest,
    handler: async (request) =>
      (await history(pool, sessionOf(request).account, request.params.id, request.query)) ??
      refuse('conversation_not_found'),
  });

  app.route({
    method: 'POST',
    url: '/conversations/:id/messages',
    schema: {
      operationId: 'postMessage',
      tags: ['Messages'],
      summary: 'Post a message',
      description:
        'With `thread` it is a reply in the thread of that message, and with `alsoInConversation` it is shown among the messages of the conversation too. With `replyTo` it quotes a message of the same conversation. A quote always shows the text that the quoted message has now. `attachments` are the ids of files that the account has uploaded; the text may then be empty. The server resolves `@username`, `@user-group`, `@everyone`, `@here` and `#group-name` in the text, outside of code, to `mentions`.',
      security,
      headers,
      params: OfConversation,
      body: PostBody,
      response: { 201: Message, ...problems(401, 403, 404, 409, 410, 422, 429, 503) },
    },
    onRequest,
    handler: async (request, reply) => {
      const command = commandRequest(request, request.params.id);
      const { actor: author, conversation } = command;
      const { body, replyTo, attachments } = request.body;
      const inThread = replyPlaceOf(request.body);
      const { seq, at, repeated } = storedOrRefuse(
        await postMessage(append, command, body, replyTo, inThread, attachments),
      );
      reply.code(201);
      // A repeated request may find the message changed, and names and files were resolved.
      if (repeated || attachments || mayMention(body)) return messageAfter(pool, command, seq);
      return newMessage({ conversation, seq, author, body, postedAt: at, replyTo, ...inThread });
    },
  });

  app.route({
    method: 'GET',
    url: '/conversations/:id/messages/:seq',
    schema: {
      operationId: 'getMessage',
      tags: ['Messages'],
      summary: 'Get a message',
      security,
      params: OfMessage,
      response: { 200: Message, ...problems(401, 404) },
    },
    onRequest,
    handler: (request) => show(sessionOf(request).account, request.params.id, request.params.seq),
  });

  app.route({
    method: 'PATCH',
    url: '/conversations/:id/messages/:seq',
    schema: {
      operationId: 'editMessage',
      tags: ['Messages'],
      summary: 'Edit your own message',
      security,
      headers,
      params: OfMessage,
      body: EditBody,
      response: { 200: Message, ...problems(401, 403, 404, 409, 410, 422, 503) },
    },
    onRequest,
    handler: async (request) => {
      const { id, seq } = request.params;
      const command = commandRequest(request, id);
      storedOrRefuse(await editMessage(append, command, seq, request.body.body));
      return messageAfter(pool, command, seq);
    },
  });

  app.route({
    method: 'GET',
    url: '/conversations/:id/messages/:seq/history',
    schema: {
      operationId: 'getEditHistory',
      tags: ['Messages'],
      summary: 'Get the edit history of a message',
      description:
        'Returns the texts that the message has had, the latest first. A deleted message has none: its text is removed from the history too. Use `hasOlder` to continue: a page of long texts has fewer than `limit`.',
      security,
      params: OfMessage,
      querystring: EditHistoryQuery,
      response: { 200: EditHistoryPage, ...problems(401, 404, 422) },
    },
    onRequest,
    handler: async (request) => {
      const { id, seq } = request.params;
      const page = await editHistory(pool, sessionOf(request).account, id, seq, request.query);
      return typeof page === 'string' ? refuse(page) : page;
    },
  });

  commandRoutes(instance, deps);
  pollRoutes(instance, deps);
  previewRoutes(instance, deps);
  forwardRoutes(instance, deps);

  app.route({
    method: 'GET',
    url: '/conversations/:id/mention-suggestions',
    schema: {
      operationId: 'suggestMentions',
      tags: ['Messages'],
      summary: 'Suggest whom to mention',
      description:
        'Finds active accounts by parts of their names, members of the conversation first, and similar names if few match; and user groups by parts of their names and titles. Write `@username` or `@user-group` in a message to mention one.',
      security,
      params: OfConversation,
      querystring: MentionSuggestionsQuery,
      response: { 200: MentionSuggestionsAnswer, ...problems(401, 404, 422) },
    },
    onRequest,
    handler: async (request) => {
      const { account } = sessionOf(request);
      const { id } = request.params;
      const [items, userGroups] = await Promise.all([
        mentionSuggestions(pool, account, id, request.query),
        userGroupSuggestions(pool, account, id, request.query),
      ]);
      return { items: items ?? refuse('conversation_not_found'), userGroups };
    },
  });

  app.route({
    method: 'GET',
    url: '/conversations/:id/pins',
    schema: {
      operationId: 'listPinnedMessages',
      tags: ['Messages'],
      summary: 'List the pinned messages of a conversation',
      description:
        'The message that was pinned last comes first. If messages are long, a page has only some of them: use `next` to continue.',
      security,
      params: OfConversation,
      querystring: PinnedMessagesQuery,
      response: { 200: PinnedMessages, ...problems(401, 404, 422) },
    },
    onRequest,
    handler: async (request) => {
      const before = pageCursor.read(request.query.cursor, Seq, 'cursor');
      const { account } = sessionOf(request);
      const page = await pinnedMessages(pool, account, request.params.id, before);
      const { items, next } = page ?? refuse('conversation_not_found');
      return { items, next: next && pageCursor.write(next) };
    },
  });

  readRoutes(instance, deps);

  app.route({
    method: 'GET',
    url: '/streams/:id/events',
    schema: {
      operationId: 'listEvents',
      tags: ['Streams'],
      summary: 'List the events of a stream after a seq',
      description:
        'Returns all events of the workspace stream and of the account’s personal stream. Of a conversation, a member gets the events of its membership periods; a former member gets only the event that ended the membership. Use `lastSeq` to continue: a page of long events has fewer than `limit`.',
      security,
      params: z.object({ id: StreamId }),
      querystring: EventsQuery,
      response: { 200: EventsPage, ...problems(401, 404, 422) },
    },
    onRequest,
    handler: async (request) =>
      (await eventsFor(pool, sessionOf(request).account, request.params.id, request.query)) ??
      refuse('not_found'),
  });
}
