import type { Event, User } from '@parley/protocol';
import type { ClientEvents } from './client-types.ts';
import type { Emitter } from './emitter.ts';
import type { ClientState } from './state.ts';
import type { Users } from './users.ts';

/** What a workspace event can change. */
export interface WorkspaceContext {
  readonly state: ClientState;
  readonly users: Users;
  readonly events: Emitter<ClientEvents>;
  isLive(): boolean;
}

/** Applies an event of the workspace stream: a user has registered or changed. */
export function applyWorkspaceEvent(event: Event, context: WorkspaceContext): void {
  const { state, users, events } = context;
  switch (event.type) {
    case 'user.registered': {
      const { account: id, username, displayName } = event.data;
      const user: User = {
        id,
        username,
        displayName,
        isActive: true,
        createdAt: event.at,
        nameIsShared: false,
      };
      users.put(user);
      // Whether a name looks like another user’s is decided by the server.
      if (context.isLive()) users.refresh(id);
      if (context.isLive() && id !== state.meId) events.emit('registered', user);
      return;
    }
    case 'user.role_changed':
      state.changeMe(event.data.account, { role: event.data.role });
      return;
    case 'user.updated': {
      const { account, username, displayName } = event.data;
      state.changeMe(account, { username, displayName });
      users.refresh(account);
      return;
    }
    case 'user.deactivated':
    case 'user.reactivated':
    case 'user.deleted':
      users.refresh(event.data.account);
      return;
  }
}
