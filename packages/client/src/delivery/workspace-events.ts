import type {
  AccountId,
  Event,
  EventOf,
  EventType,
  Me,
  User,
  WorkspaceEventType,
} from '@parley/protocol';
import type { Emitter } from '../lib/emitter.ts';
import type { ClientEvents } from '../state/client-types.ts';
import type { LoadedState } from '../state/loaded-state.ts';
import type { ClientState } from '../state/state.ts';
import type { Users } from '../workspace/users.ts';

/** The state that a workspace event can change. */
export interface WorkspaceContext {
  readonly state: ClientState;
  readonly users: Users;
  readonly loaded: Pick<LoadedState, 'userGroups' | 'emoji'>;
  readonly events: Emitter<ClientEvents>;
  isLive(): boolean;
}

/** Applies an event of one type. */
type Handler<T extends EventType> = (event: EventOf<T>, context: WorkspaceContext) => void;

/** Reloads the user: the server decides which data of the account others see. */
const refreshUser = (
  { data: { account } }: { readonly data: { account: AccountId } },
  { users }: WorkspaceContext,
): void => users.refresh(account);

/** The handler of each type of event. */
const HANDLERS: { readonly [T in WorkspaceEventType]: Handler<T> | 'ignored' } = {
  'user.registered': (event, { state, users, events, isLive }) => {
    const { account: id, username, displayName, role } = event.data;
    const user: User = {
      id,
      username,
      displayName,
      isActive: true,
      createdAt: event.at,
      nameIsShared: false,
      avatar: null,
      ...(role === 'guest' && { isGuest: true as const }),
    };
    users.put(user);
    if (!isLive()) return;
    // Whether a name looks like another user’s is decided by the server.
    users.refresh(id);
    if (id !== state.meId) events.emit('registered', user);
  },
  'user.updated': ({ data: { account, ...change } }, { state, users }) => {
    // Missing fields have not changed.
    state.changeMe(account, change as Partial<Me>);
    users.refresh(account);
  },
  'user.deactivated': refreshUser,
  'user.reactivated': refreshUser,
  'user.deleted': (event, context) => {
    refreshUser(event, context);
    context.loaded.userGroups.applied(event);
  },
  'user_group.changed': (event, { loaded }) => loaded.userGroups.applied(event),
  'user_group.deleted': (event, { loaded }) => loaded.userGroups.applied(event),
  'emoji.changed': (event, { loaded }) => loaded.emoji.applied(event),
  'emoji.deleted': (event, { loaded }) => loaded.emoji.applied(event),
  // What others see of the account is unchanged.
  'user.suspended': 'ignored',
  'user.unsuspended': 'ignored',
  // Others see whether it is a guest.
  'user.role_changed': ({ data: { account, role } }, { state, users }) => {
    state.changeMe(account, { role });
    if ((role === 'guest') !== users.isGuest(account)) users.refresh(account);
  },
  // The list of public groups is loaded when it is shown.
  'group.created': 'ignored',
  'group.updated': 'ignored',
  'group.deleted': 'ignored',
  // The receiver reloads what the account may do; the settings are loaded where they are shown.
  'server.updated': 'ignored',
};

/** Applies an event of the workspace stream: a user has registered or changed. */
export function applyWorkspaceEvent(event: Event, context: WorkspaceContext): void {
  // A newer server may have more types. The type of the handler follows from that of the event,
  // which the compiler cannot express.
  const handlers = HANDLERS as Partial<Record<EventType, Handler<EventType> | 'ignored'>>;
  const handler = handlers[event.type];
  if (typeof handler === 'function') handler(event, context);
}
