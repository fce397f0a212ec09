import type { ConversationView } from '@parley/client';
import type { PlainKey } from '../texts/keys.ts';

/** The slash commands. */
export const COMMAND_NAMES = [
  'status',
  'away',
  'active',
  'dnd',
  'remind',
  'topic',
  'invite',
  'msg',
  'mute',
  'unmute',
  'search',
  'me',
  'shrug',
] as const;
/** The name of a slash command, without the slash. */
export type CommandName = (typeof COMMAND_NAMES)[number];

/** Other names of commands, by which they are known elsewhere. */
const ALIASES: Readonly<Partial<Record<CommandName, string>>> = { msg: 'dm' };

/** The texts of a slash command. */
interface CommandHelp {
  /** Its arguments; null: none. */
  readonly usage: PlainKey | null;
  /** Its description. */
  readonly title: PlainKey;
}

/** The texts of all slash commands. */
export const COMMAND_HELP: Readonly<Record<CommandName, CommandHelp>> = {
  status: { usage: 'commands.statusUsage', title: 'commands.statusTitle' },
  away: { usage: null, title: 'commands.awayTitle' },
  active: { usage: null, title: 'commands.activeTitle' },
  dnd: { usage: 'commands.dndUsage', title: 'commands.dndTitle' },
  remind: { usage: 'commands.remindUsage', title: 'commands.remindTitle' },
  topic: { usage: 'commands.topicUsage', title: 'commands.topicTitle' },
  invite: { usage: 'commands.inviteUsage', title: 'commands.inviteTitle' },
  msg: { usage: 'commands.msgUsage', title: 'commands.msgTitle' },
  mute: { usage: null, title: 'commands.muteTitle' },
  unmute: { usage: null, title: 'commands.unmuteTitle' },
  search: { usage: 'commands.searchUsage', title: 'commands.searchTitle' },
  me: { usage: 'commands.textUsage', title: 'commands.meTitle' },
  shrug: { usage: 'commands.textUsage', title: 'commands.shrugTitle' },
};

/** The commands about the conversation, which would be confusing in a thread. */
const OF_CONVERSATION: ReadonlySet<CommandName> = new Set(['topic', 'invite', 'mute', 'unmute']);

/** Returns the commands that the user may use in a conversation, or in a thread of it. */
export function commandsIn(
  { kind, permissions }: Pick<ConversationView, 'kind' | 'permissions'>,
  isInThread = false,
): readonly CommandName[] {
  return COMMAND_NAMES.filter((name) => {
    if (isInThread && OF_CONVERSATION.has(name)) return false;
    if (name === 'topic') return kind === 'group' && permissions.includes('rename');
    if (name === 'invite') return kind === 'group' && permissions.includes('add_member');
    return true;
  });
}

/** A typed slash command. */
export interface TypedCommand {
  readonly name: CommandName;
  /** What follows the name, without spaces around it. */
  readonly rest: string;
}

/**
 * Returns the command in a message; null if it is text, including unknown names, such as paths, and
 * texts with a leading space.
 */
export function typedCommand(text: string, names: readonly CommandName[]): TypedCommand | null {
  const [, typed = '', rest = ''] = /^\/([a-z]+)(?:\s+(.*))?$/is.exec(text) ?? [];
  const lower = typed.toLowerCase();
  const name = names.find((one) => one === lower || ALIASES[one] === lower);
  return name === undefined ? null : { name, rest: rest.trim() };
}

/** A text that begins like a slash command, but is none that the user may use here. */
export interface UnknownCommand {
  /** The name that was typed. */
  readonly unknown: string;
}

/** Returns the name in a text that begins like a slash command; null for paths and texts with a leading space. */
export function unknownCommand(text: string): UnknownCommand | null {
  const [, unknown] = /^\/([a-z]{2,})(?:\s|$)/i.exec(text) ?? [];
  return unknown === undefined ? null : { unknown };
}

const UNIT_MS: Readonly<Record<string, number>> = {
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};
/** The longest duration that a command takes, ms. */
const LONGEST_MS = 365 * 86_400_000;

/** Returns the duration at the start of a text, such as `30m` or `2h`, in ms, and the rest; null if there is none. */
export function leadingDuration(text: string): { ms: number; rest: string } | null {
  const [, number = '', unit = '', rest = ''] =
    /^(?:in\s)?\s*(\d{1,4})\s?(m|min|h|d|w)(?:\s+(.*))?$/is.exec(text) ?? [];
  const ms = Number(number) * (UNIT_MS[unit.toLowerCase()] ?? 0);
  return ms > 0 && ms <= LONGEST_MS ? { ms, rest: rest.trim() } : null;
}

/** Returns the usernames at the start of a text, such as `@ann @ben`, and the rest. */
export function leadingUsernames(text: string): { usernames: string[]; rest: string } {
  const usernames: string[] = [];
  let rest = text.trim();
  for (;;) {
    const match = /^@([\p{L}\p{M}\p{N}._-]{1,32}),?(?:\s+|$)/u.exec(rest);
    if (!match?.[1]) return { usernames, rest };
    usernames.push(match[1]);
    rest = rest.slice(match[0].length);
  }
}

/** Matches sequences of characters used in emoji, at least one of them visible on its own. */
const EMOJI =
  /^(?=.*[\p{Extended_Pictographic}\p{RI}])[\p{Extended_Pictographic}\p{Emoji_Component}]{1,32}$/u;

/** Returns the emoji at the start of a status, and its text. */
export function statusOf(text: string): { emoji: string | null; text: string } {
  const [first = '', ...words] = text.trim().split(/\s+/);
  const isEmoji = EMOJI.test(first);
  return isEmoji ? { emoji: first, text: words.join(' ') } : { emoji: null, text };
}
