import {
  type AccountId,
  type ClientId,
  type ConversationId,
  type MessageRetention,
  type Refusal,
  refusal,
  type Seq,
  type UserGroupId,
} from '@parley/protocol';
import {
  addMember,
  joinGroup,
  leaveGroup,
  removeMember,
} from '@parley/server/internal/conversations/members';
import { conversationFor, conversationsOf } from '@parley/server/internal/conversations/snapshot';
import { RefusalError } from '@parley/server/internal/http/errors';
import { problemOf } from '@parley/server/internal/http/problem';
import { closePoll, postMessage, postPoll, vote } from '@parley/server/internal/messages/commands';
import { hideMessage, unhideMessage } from '@parley/server/internal/messages/hide-rules';
import { cursorsOf } from '@parley/server/internal/messages/read-cursors/read-cursors';
import {
  readThread,
  type ThreadMove,
} from '@parley/server/internal/messages/threads/thread-cursors';
import { threadCursorsOf } from '@parley/server/internal/messages/threads/thread-queries';
import { followThread, unfollowThread } from '@parley/server/internal/personal/follow-commands';
import { changeRetention } from '@parley/server/internal/retention/commands';
import { isConnectionError } from '@parley/server/internal/storage/database';
import type { Append, Outcome } from '@parley/server/internal/stream/append';
import { changeUserGroup } from '@parley/server/internal/user-groups/commands';
import type { NodeAnswer, NodeRequest } from '../network/network.ts';
import { type HoldDeps, onHold } from './legal-hold-requests.ts';
import { type LookupDeps, lookUp } from './lookup-requests.ts';
import { accountOfToken, tokenOf } from './tokens.ts';

/** The path of a user group, without its id. */
const USER_GROUPS = '/admin/user-groups/';

/** Access tokens outlive every run. */
const TOKEN_SECONDS = 86_400;

/** What requests are carried out with. */
export interface RequestDeps extends LookupDeps, HoldDeps {
  readonly append: Append;
  readonly error: (error: unknown) => void;
  /** Notifies the connected clients of the account. */
  readonly onThreadRead: (account: AccountId, move: ThreadMove) => void;
}

interface PollBody {
  readonly question: string;
  readonly choices: string[];
  readonly isMultiple: boolean;
}

/** A refusal that ends a request. */
class Refused extends Error {
  readonly refusal: Refusal;

  constructor(refused: Refusal) {
    super(refused.message);
    this.refusal = refused;
  }
}

/**
 * Carries out the REST requests that clients of a run send: the functions of the domains that the routes
 * call, without HTTP around them.
 */
export async function handleRequest(deps: RequestDeps, request: NodeRequest): Promise<NodeAnswer> {
  try {
    return await answer(deps, request);
  } catch (error) {
    if (error instanceof Refused || error instanceof RefusalError)
      return refusedWith(error.refusal);
    if (isConnectionError(error)) {
      return refusedWith(refusal('unavailable', undefined, { retryAfter: 1 }));
    }
    deps.error(error);
    return refusedWith(refusal('internal'));
  }
}

function refusedWith(refused: Refusal): NodeAnswer {
  const problem = problemOf(refused);
  return { status: problem.status, body: problem };
}

async function answer(deps: RequestDeps, request: NodeRequest): Promise<NodeAnswer> {
  const { method, path, token, id, body } = request;
  const account = accountOfToken(token);
  if (account === null) throw new Refused(refusal('unauthenticated'));
  if (path === '/auth/token') {
    const accessToken = tokenOf(account);
    return { status: 200, body: { account, accessToken, accessTokenExpiresIn: TOKEN_SECONDS } };
  }
  if (path === '/me/cursors') return { status: 200, body: await cursorsOf(deps.pool, account) };
  if (path === '/me/thread-cursors') {
    return { status: 200, body: await threadCursorsOf(deps.pool, account) };
  }
  if (path === '/conversations') {
    return { status: 200, body: { items: await conversationsOf(deps.pool, account) } };
  }
  if (path.startsWith(USER_GROUPS)) {
    const request = { actor: account, clientId: id as ClientId, audit: auditOf(deps) };
    const userGroup = path.slice(USER_GROUPS.length) as UserGroupId;
    const { members } = body as { members: AccountId[] };
    return answerOf(await changeUserGroup(deps.append, request, userGroup, { members }));
  }
  const read = (await lookUp(deps, account, request)) ?? (await onHold(deps, account, request));
  if (read !== null) return { status: 200, body: read };
  const [, , conversation, what, whom, ...rest] = path.split('/') as [
    string,
    string,
    ConversationId,
    string | undefined,
    AccountId | undefined,
    ...string[],
  ];
  if (what === undefined) {
    const found = await conversationFor(deps.pool, account, conversation);
    if (!found) throw new Refused(refusal('conversation_not_found'));
    return { status: 200, body: found };
  }
  const sender = { actor: account, clientId: id as ClientId, conversation };
  if (rest.join('/') === 'thread/read') {
    const { seq } = body as { seq: Seq };
    const move = await readThread(deps.pool, account, conversation, Number(whom) as Seq, seq);
    if (typeof move === 'string') throw new Refused(refusal(move));
    if (move.moved) deps.onThreadRead(account, move);
    return { status: 200, body: move.cursor };
  }
  const done = await (rest.length > 0
    ? onMessage(deps, `${method} ${rest.join('/')}`, sender, Number(whom) as Seq, body)
    : command(deps, `${method} ${what}`, sender, whom, body));
  return answerOf(done);
}

/** Where the audit log gets the changes of requests from. */
const auditOf = ({ audit }: RequestDeps) => ({ log: audit, address: null });

function answerOf(done: Outcome): NodeAnswer {
  if (done.kind === 'refused') throw new Refused(done.refusal);
  if (done.kind === 'unknown') {
    throw new Refused(refusal('outcome_unknown', undefined, { retryAfter: 1 }));
  }
  return { status: 200, body: { seq: done.seq satisfies Seq } };
}

/** Commands about a message. */
function onMessage(
  { append, audit: log }: RequestDeps,
  name: string,
  sender: { actor: AccountId; clientId: ClientId; conversation: ConversationId },
  message: Seq,
  body: unknown,
): Promise<Outcome> {
  switch (name) {
    case 'PUT poll/vote':
      return vote(append, sender, message, (body as { choices: number[] }).choices);
    case 'POST poll/close':
      return closePoll(append, sender, message);
    case 'PUT hidden':
      return hideMessage(append, sender, message, { log, address: null });
    case 'DELETE hidden':
      return unhideMessage(append, sender, message, { log, address: null });
    case 'PUT thread/follow':
      return followThread(append, { ...sender, thread: message });
    case 'DELETE thread/follow':
      return unfollowThread(append, { ...sender, thread: message });
    default:
      throw new Error(`No client of a simulation sends ${name}`);
  }
}

function command(
  { append, audit: log }: RequestDeps,
  name: string,
  sender: { actor: AccountId; clientId: ClientId; conversation: ConversationId },
  whom: AccountId | undefined,
  body: unknown,
): Promise<Outcome> {
  switch (name) {
    case 'POST join':
      return joinGroup(append, sender);
    case 'POST leave':
      return leaveGroup(append, sender);
    case 'POST members':
      return addMember(append, sender, (body as { account: AccountId }).account);
    case 'DELETE members':
      return removeMember(append, sender, whom as AccountId);
    case 'POST polls': {
      const { question, ...poll } = body as PollBody;
      return postPoll(append, sender, question, { ...poll, endsAt: null });
    }
    case 'PUT retention':
      return changeRetention(append, sender, (body as { retention: MessageRetention }).retention, {
        log,
        address: null,
      });
    case 'POST messages':
      return postMessage(append, sender, (body as { body: string }).body);
    default:
      throw new Error(`No client of a simulation sends ${name}`);
  }
}
