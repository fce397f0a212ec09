import {
  type AccountId,
  type AccountRole,
  type Attachment,
  CommandAnswer,
  type ConversationId,
  HiddenMessage,
  type MemberRole,
  type Seq,
  type Visibility,
} from '@parley/protocol';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { Pool } from 'pg';
import type { AuditLog } from '../audit/audit-log.ts';
import { sessionOf } from '../http/authenticate.ts';
import { problems } from '../http/describe.ts';
import { refuse } from '../http/errors.ts';
import {
  isServerAdmin,
  type MinimumRoleOverrides,
  messageRole,
  minimumRolesOf,
} from '../minimum-roles.ts';
import { ruleReader } from '../stream/rule-reader.ts';
import type { CommandRouteDeps } from './command-routes.ts';
import { hiddenAsServerAdmin } from './hidden-texts.ts';
import { hideMessage, unhideMessage } from './hide-rules.ts';
import { authorize } from './policy.ts';
import { commandAnswer, commandRequest, headers, OfMessage, security } from './requests.ts';

/** What the routes of hidden messages are constructed with. */
export interface HideRouteDeps extends CommandRouteDeps {
  readonly pool: Pool;
  readonly audit: AuditLog;
}

const tags = ['Messages'];
const refusals = [401, 403, 404, 409, 422, 503] as const;

/** Registers the routes with which moderators hide messages, read hidden ones, and show them again. */
export function hideRoutes(instance: FastifyInstance, deps: HideRouteDeps): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  const { pool, append, audit: log, authenticate: onRequest } = deps;
  const audit = (request: FastifyRequest) => ({ log, address: request.ip });

  app.route({
    method: 'PUT',
    url: '/conversations/:id/messages/:seq/hidden',
    schema: {
      operationId: 'hideMessage',
      tags,
      summary: 'Hide a message as a moderator',
      description:
        'For those who may delete the messages of others. Its text and files are hidden from everyone else, its ' +
        'author included, and removed from search and from earlier events, until it is shown again. Polls can’t be hidden.',
      security,
      headers,
      params: OfMessage,
      response: { 200: CommandAnswer, ...problems(...refusals) },
    },
    onRequest,
    handler: async (request) => {
      const { id, seq } = request.params;
      const command = commandRequest(request, id);
      return commandAnswer(command, await hideMessage(append, command, seq, audit(request)));
    },
  });

  app.route({
    method: 'DELETE',
    url: '/conversations/:id/messages/:seq/hidden',
    schema: {
      operationId: 'unhideMessage',
      tags,
      summary: 'Show a hidden message again',
      description:
        'With its files and its edit history; its links get new previews. An admin of the server may also show a ' +
        'message again that it has hidden because of a report, without being a member.',
      security,
      headers,
      params: OfMessage,
      response: { 200: CommandAnswer, ...problems(...refusals) },
    },
    onRequest,
    handler: async (request) => {
      const { id, seq } = request.params;
      const command = commandRequest(request, id);
      return commandAnswer(command, await unhideMessage(append, command, seq, audit(request)));
    },
  });

  app.route({
    method: 'GET',
    url: '/conversations/:id/messages/:seq/hidden',
    schema: {
      operationId: 'getHiddenMessage',
      tags,
      summary: 'Read what a hidden message says, as a moderator',
      description: 'Each read is recorded in the audit log.',
      security,
      params: OfMessage,
      response: { 200: HiddenMessage, ...problems(401, 403, 404, 422) },
    },
    onRequest,
    handler: async (request) => {
      const { id, seq } = request.params;
      const { account } = sessionOf(request);
      const { author, ...hidden } = await hiddenMessage(pool, account, id, seq);
      await log.record({
        event: 'hidden_message_viewed',
        account: author,
        actor: account,
        address: request.ip,
        details: { conversation: id, message: seq },
      });
      return hidden;
    },
  });
}

/**
 * Returns what a hidden message says, to those who may hide it, and to the admin of the server who has hidden it.
 * @throws {RefusalError}
 */
async function hiddenMessage(
  pool: Pool,
  account: AccountId,
  conversation: ConversationId,
  message: Seq,
): Promise<HiddenMessage & { author: AccountId }> {
  const { rows } = await pool.query<{
    role: MemberRole;
    is_everyone: boolean;
    server_role: AccountRole;
    visibility: Visibility;
    overrides: MinimumRoleOverrides;
    author: AccountId | null;
    body: string | null;
    attachments: Attachment[] | null;
    hidden_by: AccountId;
  }>({
    name: 'messages-hidden-one',
    text: `select m.role, c.is_everyone, c.visibility, c.minimum_roles as overrides,
             a.role as server_role,
             g.author_id as author, h.events -> -1 -> 'data' ->> 'body' as body,
             h.events -> 0 -> 'data' -> 'attachments' as attachments, h.hidden_by
           from memberships m
           join conversations c on c.id = m.conversation_id
           join accounts a on a.id = m.account_id
           left join messages g on g.conversation_id = c.id and g.seq = $3
           left join hidden_messages h on h.conversation_id = c.id and h.message_seq = $3
           where m.account_id = $1 and m.conversation_id = $2 and m.left_seq is null`,
    values: [account, conversation, message],
  });
  const [row] = rows;
  const own = await hiddenAsServerAdmin(ruleReader(pool), account, conversation, message);
  if (own) {
    const { author, posted, latest } = own;
    const fileNames = (posted.attachments ?? []).map(({ name }) => name);
    return { author, body: latest.body, fileNames, hiddenBy: account };
  }
  if (!row) refuse('conversation_not_found');
  const role = messageRole(row.role, row.is_everyone, isServerAdmin(row.server_role));
  const minimumRoles = minimumRolesOf(row.visibility, row.overrides);
  const authorship = row.author === account ? 'own' : 'others';
  const verdict = authorize(role, 'hide', authorship, minimumRoles);
  if (verdict !== 'yes') refuse(verdict);
  if (row.author === null || row.body === null) refuse('message_not_found');
  const { author, body, attachments, hidden_by: hiddenBy } = row;
  return { author, body, fileNames: (attachments ?? []).map(({ name }) => name), hiddenBy };
}
