import { AccountApi, type ConversationView, type ParleyClient } from '@parley/client';
import type { AccountId, ClientId } from '@parley/protocol';
import { errorMessage, listOf } from '../lib/text.ts';
import { fullTime } from '../lib/time.ts';
import { t } from '../texts/index.ts';
import {
  COMMAND_HELP,
  type CommandName,
  leadingDuration,
  leadingUsernames,
  statusOf,
  type TypedCommand,
} from './commands.ts';
import { isTextCommand, type TextCommandName } from './text-commands.ts';

/** The context of a command. */
export interface CommandContext {
  readonly client: ParleyClient;
  readonly view: ConversationView;
  readonly me: AccountId;
  /** Returns the id of a step of the command, the same for retries. */
  commandId(step: string): ClientId;
  /** Opens the search page. */
  search(text: string): void;
}

/** An error in a typed command, with a message for the user. */
class CommandProblem extends Error {
  override name = 'CommandProblem';
}

type Run = (context: CommandContext, rest: string) => Promise<string | null>;

/**
 * The implementation of each command. Returns a confirmation for the user; null if the effect is
 * visible.
 */
const RUNS: Readonly<Record<Exclude<CommandName, TextCommandName>, Run>> = {
  status: async ({ client, commandId }, rest) => {
    const { emoji, text } = statusOf(rest);
    const status = { emoji, text, expiresAt: null };
    await new AccountApi(client.api).updateStatus(status, commandId('status'));
    return t(rest === '' ? 'commands.statusCleared' : 'commands.statusSet');
  },
  away: async ({ client, me, commandId }) => {
    // Like in Slack, the command also ends what it has set.
    const isAway = client.snapshot.statuses.get(me)?.isAway !== true;
    await new AccountApi(client.api).updateStatus({ isAway }, commandId(`away ${isAway}`));
    return t(isAway ? 'commands.awaySet' : 'commands.activeSet');
  },
  active: async ({ client, commandId }) => {
    await new AccountApi(client.api).updateStatus({ isAway: false }, commandId('active'));
    return t('commands.activeSet');
  },
  dnd: async ({ client, commandId }, rest) => {
    const isOff = /^off$/i.test(rest);
    const period = leadingDuration(rest === '' ? '1h' : rest);
    if (!isOff && period?.rest !== '') throw usageOf('dnd');
    const until = isOff || !period ? null : timeAfter(period.ms);
    const change = { doNotDisturbUntil: until };
    await new AccountApi(client.api).updateStatus(change, commandId(`dnd ${until}`));
    return until === null
      ? t('commands.dndOff')
      : t('commands.dndUntil', { time: fullTime(until) });
  },
  remind: async ({ client, me, commandId }, rest) => {
    const period = leadingDuration(rest.replace(/^me\s+/i, ''));
    const body = period?.rest.replace(/^to\s+/i, '') ?? '';
    if (!period || body === '') throw usageOf('remind');
    const remindAt = timeAfter(period.ms);
    // A reminder belongs to a saved message, which is posted to the user’s notes to self.
    const { id } = await client.api.openDirect(me, commandId('open'));
    const { seq } = await client.api.post(id, body, { id: commandId('post') });
    await client.api.personal.save(id, seq, remindAt, commandId('save'));
    return t('commands.reminded', { time: fullTime(remindAt) });
  },
  topic: async ({ client, view, commandId }, rest) => {
    await client.api.updateGroup(view.id, { topic: rest }, commandId('topic'));
    return t(rest === '' ? 'commands.topicRemoved' : 'commands.topicSet');
  },
  invite: async ({ client, view, commandId }, rest) => {
    const { usernames, rest: other } = leadingUsernames(rest);
    if (usernames.length === 0 || other !== '') throw usageOf('invite');
    const users = await Promise.all(usernames.map((name) => userNamed(client, name)));
    for (const { id } of users) {
      await client.api.addMember(view.id, id, commandId(`add ${id}`));
    }
    return t('commands.invited', { names: listOf(users.map(({ displayName }) => displayName)) });
  },
  msg: async ({ client, commandId }, rest) => {
    const { usernames, rest: body } = leadingUsernames(rest);
    const [username] = usernames;
    if (username === undefined || usernames.length > 1 || body === '') throw usageOf('msg');
    const user = await userNamed(client, username);
    const { id } = await client.api.openDirect(user.id, commandId(`open ${user.id}`));
    await client.api.post(id, body, { id: commandId('post') });
    return t('commands.messageSent', { name: user.displayName });
  },
  mute: async ({ client, view, commandId }) => {
    const change = { muted: { until: null } };
    await client.notifications.changeConversation(view.id, change, commandId('mute'));
    return t('commands.muted');
  },
  unmute: async ({ client, view, commandId }) => {
    const change = { muted: null };
    await client.notifications.changeConversation(view.id, change, commandId('unmute'));
    return t('commands.unmuted');
  },
  search: async ({ search }, rest) => {
    search(rest);
    return null;
  },
};

/**
 * Executes a command. Resolves with a confirmation or null; rejects with an error whose message is
 * for the user.
 */
export async function runCommand(
  { name, rest }: TypedCommand,
  context: CommandContext,
): Promise<string | null> {
  try {
    // Otherwise it would have been posted: its text is missing.
    if (isTextCommand(name)) throw usageOf(name);
    return await RUNS[name](context, rest);
  } catch (error) {
    throw new Error(errorMessage(error), { cause: error });
  }
}

const usageOf = (name: CommandName) => {
  const { usage } = COMMAND_HELP[name];
  return new CommandProblem(
    t('commands.usage', { usage: usage === null ? `/${name}` : `/${name} ${t(usage)}` }),
  );
};

const timeAfter = (ms: number): string => new Date(Date.now() + ms).toISOString();

/** Finds the user with a username. */
async function userNamed(client: ParleyClient, username: string) {
  const { items } = await client.api.users({ search: username, limit: 50 });
  const user = items.find((one) => one.username.toLowerCase() === username.toLowerCase());
  if (!user) throw new CommandProblem(t('commands.unknownUser', { username }));
  return user;
}
