import { ParleyApi } from '@parley/client';
import type { AccountId } from '@parley/protocol';
import { inParallel } from '../lib/in-parallel.ts';
import { type Plan, usernameOf } from '../plan/plan.ts';
import { inviteGuest } from './guest-accounts.ts';
import type { Conversation } from './run-context.ts';

/** The accounts and conversations with which a run begins. */
export interface Population {
  /** Ids of the accounts, by index. */
  readonly accounts: readonly AccountId[];
  readonly conversations: readonly Conversation[];
  /** The API of the founder of each conversation. */
  readonly founders: readonly ParleyApi[];
  /** The API of the owner of the server. */
  readonly owner: ParleyApi;
}

/** The password of all accounts. */
export const PASSWORD = 'a password of the chaos run';

/** An account that has registered. */
interface Registered {
  readonly api: ParleyApi;
  readonly account: AccountId;
}

/** Creates the accounts and conversations of a plan on the server at `url`. */
export async function populate(plan: Plan, url: string): Promise<Population> {
  const insiders = plan.accounts - plan.options.guests;
  // The first account is alone at first: founder of the default group, it sees all others join.
  const owner = await register(url, 0);
  const users = [owner, ...(await inParallel(4, insiders - 1, (n) => register(url, n + 1)))];
  const conversations: Conversation[] = [];
  const founders: ParleyApi[] = [];
  for (const n of plan.conversations.keys()) {
    const { conversation, api } = await createConversation(plan, n, users);
    conversations.push(conversation);
    founders.push(api);
  }
  const accounts = users.map(({ account }) => account);
  // Guests are invited to groups that exist.
  for (let n = insiders; n < plan.accounts; n++) {
    const groups = conversations.flatMap(({ id }, c) =>
      plan.conversations[c]?.members.includes(n) ? id : [],
    );
    accounts.push(await inviteGuest(owner.api, { n, groups, password: PASSWORD }));
  }
  return { accounts, conversations, founders, owner: owner.api };
}

/** Registers the account `n`. */
async function register(url: string, n: number): Promise<Registered> {
  const api = new ParleyApi({ url });
  const me = await api.register({
    username: usernameOf(n),
    displayName: `Person ${n}`,
    email: `p${n}@chaos.example`,
    password: PASSWORD,
  });
  return { api, account: me.id };
}

/** Creates the conversation `n` of a plan; returns it with the API of its founder. */
async function createConversation(
  plan: Plan,
  n: number,
  users: readonly Registered[],
): Promise<{ conversation: Conversation; api: ParleyApi }> {
  const { kind, members } = plan.conversations[n] as Plan['conversations'][number];
  const [founder, ...others] = members.flatMap((m) => users[m] ?? []);
  if (!founder) throw new Error('A conversation without members');
  const { api } = founder;
  if (kind === 'direct') {
    const other = others[0] as Registered;
    const { id, joinedSeq } = await api.openDirect(other.account);
    // One of the two joined first in the log, and has seen all of it.
    const first = (await other.api.conversation(id)).joinedSeq < joinedSeq ? other : founder;
    return { conversation: { id, kind, founder: users.indexOf(first) }, api: first.api };
  }
  const group =
    kind === 'everyone'
      ? (await api.conversations()).find((c) => c.kind === 'group' && c.joinedSeq <= 2)
      : await api.createGroup({
          name: `group ${n}`,
          visibility: 'public',
          members: others.map((o) => o.account),
        });
  if (!group) throw new Error('There is no default group');
  return { conversation: { id: group.id, kind, founder: users.indexOf(founder) }, api };
}
