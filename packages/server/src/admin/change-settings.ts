import {
  type AccountId,
  type ClientId,
  type FileId,
  type ImageId,
  refusal,
  type ServerSettingName,
  type ServerSettings,
  type ServerSettingsChange,
  WORKSPACE_STREAM,
} from '@parley/protocol';
import type { Auditing } from '../audit/audit-log.ts';
import { isServerAdmin } from '../permissions/minimum-roles.ts';
import { storedSettingsIn } from '../settings/server-settings.ts';
import type { Append, Outcome } from '../stream/append.ts';
import { type AuditedCommand, runAudited, withAuditNote } from '../stream/audited-command.ts';
import { type Command, newEvent, type Rule } from '../stream/stream-transaction.ts';
import { readTarget, unchanged } from './commands.ts';

/** A request to change settings of the server, with its client id. */
export interface SettingsRequest {
  readonly actor: AccountId;
  readonly clientId: ClientId;
  readonly change: ServerSettingsChange;
  readonly audit: Auditing;
}

/** The settings that a command changes, the icon among them. */
type Change = ServerSettingsChange & Partial<Pick<ServerSettings, 'icon'>>;

interface SettingsCommand extends AuditedCommand {
  readonly request: Omit<SettingsRequest, 'change'> & { readonly change: Change };
}

/** Values in the audit log are cut at this length. */
const VALUE_MAX = 200;

/** Changes settings of the server. Unchanged ones are left out of the event. */
export async function changeServerSettings(
  append: Append,
  request: SettingsRequest,
): Promise<Outcome> {
  const names = Object.keys(request.change).sort() as (keyof ServerSettingsChange)[];
  return await runChange(
    append,
    request,
    names.flatMap((name) => [name, JSON.stringify(request.change[name])]),
  );
}

/**
 * Sets the icon of the server, or removes it (null). Repeated commands are compared by the file,
 * because each attempt makes a new image.
 */
export const changeServerIcon = (
  append: Append,
  request: Omit<SettingsRequest, 'change'>,
  icon: { readonly image: ImageId; readonly file: FileId } | null,
): Promise<Outcome> =>
  runChange(append, { ...request, change: { icon: icon?.image ?? null } }, [
    'icon',
    icon?.file ?? null,
  ]);

function runChange(
  append: Append,
  request: SettingsCommand['request'],
  payload: Command['payload'],
): Promise<Outcome> {
  const command: SettingsCommand = {
    rule: changeRule,
    actor: request.actor,
    clientId: request.clientId,
    // Its lock serializes changes, and registrations with them.
    stream: WORKSPACE_STREAM,
    eventType: 'server.updated',
    payload,
    bytes: 4_000,
    request,
    audit: request.audit,
    note: null,
  };
  return runAudited(append, command);
}

const changeRule: Rule<SettingsCommand> = {
  name: 'settings.change',
  async decide(tx, command) {
    const { actor, change } = command.request;
    const admin = await readTarget(tx, actor);
    if (!admin?.mayAct || !isServerAdmin(admin.role)) return { refuse: refusal('forbidden') };
    const before = await storedSettingsIn(tx);
    const names = changedSettings(before, change);
    if (names.length === 0) return unchanged(tx);
    const details = Object.fromEntries(
      names.map((name) => [name, JSON.stringify(change[name]).slice(0, VALUE_MAX)]),
    );
    const data = Object.fromEntries(names.map((name) => [name, change[name]]));
    return withAuditNote(
      command,
      { event: 'settings_changed', account: actor, details },
      { events: [newEvent(WORKSPACE_STREAM, 'server.updated', data as Change)] },
    );
  },
};

/** Returns the names of the settings that a change gives another value. */
function changedSettings(before: ServerSettings, change: Change): ServerSettingName[] {
  const names = Object.keys(change) as ServerSettingName[];
  return names.filter(
    (name) =>
      change[name] !== undefined && JSON.stringify(change[name]) !== JSON.stringify(before[name]),
  );
}
