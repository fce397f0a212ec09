import {
  type ConversationId,
  type EventData,
  type FileId,
  type ImageId,
  type MemberRole,
  type MinimumRoles,
  refusal,
  type Visibility,
  WORKSPACE_STREAM,
} from '@parley/protocol';
import { type MinimumRoleOverrides, minimumRolesOf } from '../permissions/minimum-roles.ts';
import type { Append, Outcome } from '../stream/append.ts';
import {
  type Command,
  type Decision,
  type NewEvent,
  newEvent,
  type RuleContext,
} from '../stream/stream-transaction.ts';
import { groupAccess } from './access.ts';
import {
  type ConversationCommand,
  type ConversationRequest,
  type ConversationState,
  conversationRule,
  type GroupSettings,
  runCommand,
} from './conversation-rule.ts';
import type { ConversationAction } from './policy.ts';

/** Commands that change a group itself. Each results in a `conversation.updated`. */

/** In the order in which they enter digests of commands. */
const SETTINGS = [
  'topic',
  'description',
  'visibility',
  'slowModeSeconds',
  'linkPreviews',
] as const satisfies (keyof GroupSettings)[];

/** Changes the name, topic, description or visibility of a group, its slow mode, or its link previews. */
export function updateGroup(
  append: Append,
  r: ConversationRequest,
  settings: GroupSettings,
): Promise<Outcome> {
  const isNameOnly = SETTINGS.every((setting) => settings[setting] === undefined);
  return runCommand(append, r, {
    rule: updateRule,
    eventType: 'conversation.updated',
    ...(settings.name !== undefined && { name: settings.name }),
    change: { settings },
    details: isNameOnly ? [] : ['settings', ...settingsForDigest(settings)],
    alsoLocks: [WORKSPACE_STREAM],
  });
}

/** The number of settings in the first version; later ones are part of a digest only if they are set. */
const FIRST_SETTINGS = SETTINGS.indexOf('slowModeSeconds') + 1;

/** Returns the settings for the digest, without unset later ones, so that retries after an upgrade still match. */
const settingsForDigest = (settings: GroupSettings): Command['payload'] => {
  const all = SETTINGS.map((setting) => settings[setting] ?? null);
  while (all.length > FIRST_SETTINGS && all.at(-1) === null) all.pop();
  return all;
};

/** Renames a group. */
export const renameGroup = (
  append: Append,
  r: ConversationRequest,
  name: string,
): Promise<Outcome> => updateGroup(append, r, { name });

/** In the order in which they enter digests of commands. */
const ACTIONS = [
  'post',
  'invite',
  'pin',
  'deleteOthers',
  'rename',
  'mentionEveryone',
  'replyInThreads',
] as const satisfies (keyof MinimumRoles)[];

/**
 * The number of actions in the first version; later ones are part of a digest only if they, or actions after
 * them, are set.
 */
const FIRST_ACTIONS = ACTIONS.indexOf('rename') + 1;

/**
 * Returns the roles for the digest, without unset later actions, so that retries after an upgrade still
 * match.
 */
const rolesForDigest = (minimumRoles: MinimumRoleOverrides): (MemberRole | null)[] => {
  const all = ACTIONS.map((action) => minimumRoles[action] ?? null);
  while (all.length > FIRST_ACTIONS && all.at(-1) === null) all.pop();
  return all;
};

/** Changes who may do what in a group. */
export const changeMinimumRoles = (
  append: Append,
  r: ConversationRequest,
  minimumRoles: MinimumRoleOverrides,
): Promise<Outcome> =>
  runCommand(append, r, {
    rule: configureRule,
    eventType: 'conversation.updated',
    change: { minimumRoles },
    details: ['minimum roles', ...rolesForDigest(minimumRoles)],
    alsoLocks: [],
  });

/**
 * Sets the avatar of a group, or removes it (null). Repeated commands are compared by the file,
 * because each attempt makes a new image.
 */
export const changeGroupAvatar = (
  append: Append,
  r: ConversationRequest,
  avatar: { readonly image: ImageId; readonly file: FileId } | null,
): Promise<Outcome> =>
  runCommand(append, r, {
    rule: avatarRule,
    eventType: 'conversation.updated',
    change: { avatar: avatar?.image ?? null },
    details: ['avatar', avatar?.file ?? null],
    alsoLocks: [],
  });

/** Archives a group: it can be read, but not changed. An archived group leaves the list of public groups. */
export const archiveGroup = (append: Append, r: ConversationRequest): Promise<Outcome> =>
  archiveOrRestore(append, r, { archived: true });
/** Restores an archived group. */
export const restoreGroup = (append: Append, r: ConversationRequest): Promise<Outcome> =>
  archiveOrRestore(append, r, { archived: false });

const archiveOrRestore = (
  append: Append,
  r: ConversationRequest,
  { archived }: { readonly archived: boolean },
): Promise<Outcome> =>
  runCommand(append, r, {
    rule: archiveRule,
    eventType: 'conversation.updated',
    change: { archived },
    details: ['archived', archived],
    alsoLocks: [WORKSPACE_STREAM],
  });

/** Returns whether a group is in the list of public groups. */
export const isListed = (group: {
  readonly visibility: Visibility;
  readonly isArchived: boolean;
}): boolean => group.visibility === 'public' && !group.isArchived;

const updateRule = conversationRule(
  actionsOf,
  async (tx, command, state) => {
    const { settings = {} } = command.change;
    if (settings.visibility !== undefined && state.type === 'everyone') {
      return { refuse: refusal('everyone_group') };
    }
    const changed = Object.fromEntries(
      (['name', ...SETTINGS] as const)
        .filter((s) => settings[s] !== undefined && settings[s] !== state[s])
        .map((s) => [s, settings[s]]),
    ) as GroupSettings;
    if (Object.keys(changed).length === 0) return { unchanged: tx.head(command.stream) };
    return updateDecision(command, state, changed);
  },
  'update',
);

/** Returns the actions of an update: each part has its own permission. */
function actionsOf({ change: { settings = {} } }: ConversationCommand): ConversationAction[] {
  const { name, topic, description, visibility, slowModeSeconds, linkPreviews } = settings;
  const isAbout = [name, topic, description].some((text) => text !== undefined);
  const others: ConversationAction[] = [
    ...(visibility !== undefined || linkPreviews !== undefined ? (['configure'] as const) : []),
    ...(slowModeSeconds !== undefined ? (['slow_mode'] as const) : []),
  ];
  return isAbout || others.length === 0 ? ['rename', ...others] : others;
}

const configureRule = conversationRule('configure', async (tx, command, state) => {
  const minimumRoles = command.change.minimumRoles ?? {};
  const differs = ACTIONS.some(
    (action) =>
      minimumRoles[action] !== undefined && minimumRoles[action] !== state.minimumRoles[action],
  );
  if (!differs) return { unchanged: tx.head(command.stream) };
  return updateDecision(command, state, { minimumRoles });
});

const avatarRule = conversationRule(
  'rename',
  async (tx, command, state) => {
    const { avatar = null } = command.change;
    if (avatar === null && (await avatarIn(tx, command.conversation)) === null) {
      return { unchanged: tx.head(command.stream) };
    }
    return updateDecision(command, state, { avatar });
  },
  'avatar',
);

/** Returns the avatar of a group. Read separately, because no other command needs it. */
async function avatarIn(tx: RuleContext, conversation: ConversationId): Promise<ImageId | null> {
  const [row] = await tx.query<{ avatar: ImageId | null }>(
    'conversations-avatar',
    'select avatar from conversations where id = $1',
    [conversation],
  );
  return row?.avatar ?? null;
}

const archiveRule = conversationRule('archive', async (tx, command, state) => {
  const archived = command.change.archived === true;
  if (state.isArchived === archived) return { unchanged: tx.head(command.stream) };
  return updateDecision(command, state, { archived });
});

/**
 * Decides a change: its event, with what members may do afterwards, and the event for the list of
 * public groups.
 */
function updateDecision(
  { stream, conversation }: ConversationCommand,
  state: ConversationState,
  changed: Omit<EventData<'conversation.updated'>, 'access' | 'minimumRoles'> & {
    readonly minimumRoles?: MinimumRoleOverrides;
  },
): Decision {
  const visibility = changed.visibility ?? state.visibility;
  const isArchived = changed.archived ?? state.isArchived;
  const changesAccess =
    changed.minimumRoles !== undefined ||
    visibility !== state.visibility ||
    isArchived !== state.isArchived;
  const type = state.type === 'everyone' ? 'everyone' : visibility;
  const minimumRoles = minimumRolesOf(visibility, { ...state.overrides, ...changed.minimumRoles });
  const access = changesAccess && {
    access: groupAccess({ type, minimumRoles, isArchived, memberCount: state.memberCount }),
  };
  const after = { visibility, isArchived, name: changed.name ?? state.name ?? '' };
  return {
    events: [
      newEvent(stream, 'conversation.updated', { ...changed, ...access }),
      ...listChanges(conversation, state, after),
    ],
  };
}

/** Returns the event for the list of public groups, if the change affects it. */
function listChanges(
  conversation: ConversationId,
  before: ConversationState,
  after: { readonly visibility: Visibility; readonly isArchived: boolean; readonly name: string },
): NewEvent[] {
  const { name } = after;
  if (!isListed(after)) {
    return isListed(before) ? [newEvent(WORKSPACE_STREAM, 'group.deleted', { conversation })] : [];
  }
  if (!isListed(before)) {
    return [newEvent(WORKSPACE_STREAM, 'group.created', { conversation, name })];
  }
  return name === before.name
    ? []
    : [newEvent(WORKSPACE_STREAM, 'group.updated', { conversation, name })];
}
