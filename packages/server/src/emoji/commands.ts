import {
  type AccountId,
  type AccountRole,
  type EmojiId,
  type EventData,
  type FileId,
  type ImageId,
  LIMITS,
  type Refusal,
  refusal,
  WORKSPACE_STREAM,
} from '@parley/protocol';
import { unicodeEmoji } from '@parley/protocol/emoji';
import type { Auditing } from '../audit/audit-log.ts';
import { mayAct } from '../permissions/account-state.ts';
import type { ServerSettings } from '../settings/server-settings.ts';
import type { Append, Outcome } from '../stream/append.ts';
import { type AuditedCommand, runAudited, withAuditNote } from '../stream/audited-command.ts';
import { derivedId } from '../stream/derived-id.ts';
import {
  type Command,
  type Decision,
  type NewEvent,
  newEvent,
  type Rule,
  type RuleContext,
} from '../stream/stream-transaction.ts';
import { refusalOfEmojiAction } from './policy.ts';

/**
 * The commands that add, rename and delete custom emoji. Each is an event of the workspace stream; its lock
 * serializes them, so that no two emoji have one name.
 */

/** Who gives the command, under which client id. */
export interface EmojiRequest extends Pick<Command, 'actor' | 'clientId'> {
  readonly audit: Auditing;
  readonly settings: ServerSettings;
}

/** The changes to a custom emoji; absent fields keep their values. */
export interface EmojiChange {
  readonly name?: string | undefined;
  readonly aliases?: readonly string[] | undefined;
}

/** A new custom emoji. When a command is repeated, the file is compared. */
export interface NewEmoji extends Required<EmojiChange> {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly image: ImageId;
  readonly file: FileId;
}

interface EmojiCommand extends AuditedCommand {
  readonly request: EmojiRequest;
  readonly emoji: EmojiId;
  /** The changes; null to delete it. */
  readonly change: EmojiChange | null;
  /** The image of a new emoji; null if it already exists. */
  readonly image: ImageId | null;
}

/** Adds a custom emoji. Returns its id with the outcome: a retry does not add a second one. */
export async function addEmoji(
  append: Append,
  request: EmojiRequest,
  { name, aliases, image, file }: NewEmoji,
): Promise<{ emoji: EmojiId; outcome: Outcome }> {
  const emoji = derivedId('emoji', request.actor, request.clientId) as string as EmojiId;
  const payload = [name, aliases.join(' '), file];
  const addition = { emoji, change: { name, aliases }, image, payload };
  return { emoji, outcome: await runEmojiCommand(append, request, addition) };
}

/** Changes the name or the aliases of a custom emoji. Messages and reactions keep the emoji. */
export const renameEmoji = (
  append: Append,
  request: EmojiRequest,
  emoji: EmojiId,
  change: EmojiChange,
): Promise<Outcome> => {
  const payload = [emoji, change.name ?? null, change.aliases?.join(' ') ?? null];
  return runEmojiCommand(append, request, { emoji, change, image: null, payload });
};

/** Deletes a custom emoji. Messages and reactions show its name from then on. */
export const deleteEmoji = (
  append: Append,
  request: EmojiRequest,
  emoji: EmojiId,
): Promise<Outcome> =>
  runEmojiCommand(append, request, {
    emoji,
    change: null,
    image: null,
    payload: [emoji, null, null],
  });

function runEmojiCommand(
  append: Append,
  request: EmojiRequest,
  fields: Pick<EmojiCommand, 'emoji' | 'change' | 'image' | 'payload'>,
): Promise<Outcome> {
  const command: EmojiCommand = {
    ...fields,
    rule,
    actor: request.actor,
    clientId: request.clientId,
    stream: WORKSPACE_STREAM,
    eventType: fields.change ? 'emoji.changed' : 'emoji.deleted',
    bytes: 1_000,
    request,
    audit: request.audit,
    note: null,
  };
  return runAudited(append, command);
}

const rule: Rule<EmojiCommand> = {
  name: 'emoji.change',
  async decide(tx, command) {
    const { emoji, change, image } = command;
    const { actor, settings } = command.request;
    const { emojiCreation } = await settings.readIn(tx);
    const state = await readState(tx, actor, emoji);
    const { before } = state;
    if (!image && !before) return { refuse: refusal('emoji_not_found') };
    const forbidden = refusalOfEmojiAction(
      image ? 'add' : 'change',
      { role: state.mayAct ? state.role : null, isCreator: before?.creator === actor },
      emojiCreation,
    );
    if (forbidden) return { refuse: forbidden };
    if (!change) {
      const event = newEvent(WORKSPACE_STREAM, 'emoji.deleted', { emoji });
      return decided(command, 'emoji_deleted', before?.name ?? '', event);
    }
    if (image && state.emoji >= LIMITS.customEmoji) return { refuse: refusal('too_many_emoji') };
    const name = change.name ?? before?.name ?? '';
    const aliases = [...new Set(change.aliases ?? before?.aliases ?? [])].filter((a) => a !== name);
    if (before?.name === name && before.aliases.join() === aliases.join()) {
      return { unchanged: tx.head(WORKSPACE_STREAM) };
    }
    const ofBefore = before ? [before.name, ...before.aliases] : [];
    const reserved = refusalOfUnicodeNames(name, aliases, ofBefore);
    if (reserved) return { refuse: reserved };
    const conflict = await refusalOfNames(tx, emoji, name, aliases);
    if (conflict) return { refuse: conflict };
    const event = newEvent(WORKSPACE_STREAM, 'emoji.changed', {
      emoji,
      name,
      aliases,
      image: image ?? (before as Before).image,
      creator: before?.creator ?? actor,
    });
    return decided(command, image ? 'emoji_added' : 'emoji_changed', name, event);
  },
};

/** Returns the decision with its event and its entry of the audit log. */
const decided = (
  command: EmojiCommand,
  event: 'emoji_added' | 'emoji_changed' | 'emoji_deleted',
  name: string,
  change: NewEvent,
): Promise<Decision> => {
  const details = { emoji: command.emoji, name };
  return withAuditNote(command, { event, account: command.actor, details }, { events: [change] });
};

type Before = Omit<EventData<'emoji.changed'>, 'emoji'>;

/** The state for a decision: the actor, the number of emoji, and the one to change. */
interface State {
  readonly role: AccountRole;
  readonly mayAct: boolean;
  readonly emoji: number;
  readonly before: Before | null;
}

/** Reads the state; locks the row of the actor, so that its role cannot change. */
async function readState(tx: RuleContext, actor: AccountId, emoji: EmojiId): Promise<State> {
  const [row] = await tx.query<State>(
    'emoji-state',
    `select a.role, ${mayAct('a')} as "mayAct",
            (select count(*)::int from emoji where deleted_at is null) as emoji,
            (select json_build_object('name', e.names[1], 'aliases', to_json(e.names[2:]),
                                      'image', e.image, 'creator', e.created_by)
             from emoji e where e.id = $2 and e.deleted_at is null) as before
     from accounts a where a.id = $1 and a.deleted_at is null for no key update`,
    [actor, emoji],
  );
  return row ?? { role: 'member', mayAct: false, emoji: 0, before: null };
}

/**
 * Returns why an emoji can’t have these names; null if none of the new ones is that of a Unicode emoji. Otherwise
 * whoever may add emoji could replace 🎉 for everyone.
 */
function refusalOfUnicodeNames(
  name: string,
  aliases: readonly string[],
  ofBefore: readonly string[],
): Refusal | null {
  const reserved = [name, ...aliases].filter(
    (one) => unicodeEmoji(one) !== undefined && !ofBefore.includes(one),
  );
  if (reserved.length === 0) return null;
  const names = reserved.map((one) => `:${one}: (${unicodeEmoji(one)})`).join(', ');
  return refusalOfField(
    'emoji_name_reserved',
    reserved.includes(name) ? 'name' : 'aliases',
    `A Unicode emoji is called ${names}`,
  );
}

/** Returns a refusal because of one field, which the message explains. */
const refusalOfField = (
  code: 'emoji_name_reserved' | 'emoji_name_taken',
  field: 'name' | 'aliases',
  message: string,
): Refusal => refusal(code, message, { errors: [{ field, code, message }] });

/** Returns why an emoji can’t have these names; null if no other custom emoji has any of them. */
async function refusalOfNames(
  tx: RuleContext,
  emoji: EmojiId,
  name: string,
  aliases: readonly string[],
): Promise<Refusal | null> {
  const names = [name, ...aliases];
  const [row] = await tx.query<{ taken: string[] }>(
    'emoji-names',
    `select array(select n from unnest($1::text[]) as n
                  where exists (select from emoji e
                                where e.names @> array[n] and e.deleted_at is null and e.id <> $2)
                 ) as taken`,
    [names, emoji],
  );
  const taken = row?.taken ?? [];
  if (taken.length === 0) return null;
  const message = `Another custom emoji is called ${taken.map((one) => `:${one}:`).join(', ')}`;
  return refusalOfField('emoji_name_taken', taken.includes(name) ? 'name' : 'aliases', message);
}
