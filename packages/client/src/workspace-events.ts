import type { Event, Person } from '@parley/protocol';
import type { ClientEvents } from './client-types.ts';
import type { Emitter } from './emitter.ts';
import type { People } from './people.ts';
import type { ClientState } from './state.ts';

/** What an event of the workspace changes. */
export interface WorkspaceContext {
  readonly state: ClientState;
  readonly people: People;
  readonly events: Emitter<ClientEvents>;
  isLive(): boolean;
}

/** Applies an event of the workspace’s stream: somebody has registered or has changed. */
export function applyWorkspaceEvent(event: Event, context: WorkspaceContext): void {
  const { state, people, events } = context;
  switch (event.type) {
    case 'user.registered': {
      const { account: id, username, displayName } = event.data;
      const person: Person = {
        id,
        username,
        displayName,
        isActive: true,
        createdAt: event.at,
        nameIsShared: false,
      };
      people.put(person);
      // Whether the name looks like somebody's is for the server to say.
      if (context.isLive()) people.refresh(id);
      if (context.isLive() && id !== state.meId) events.emit('registered', person);
      return;
    }
    case 'user.role_changed':
      state.changeMe(event.data.account, { role: event.data.role });
      return;
    case 'user.updated': {
      const { account, username, displayName } = event.data;
      state.changeMe(account, { username, displayName });
      people.refresh(account);
      return;
    }
    case 'user.deactivated':
    case 'user.reactivated':
    case 'user.deleted':
      people.refresh(event.data.account);
      return;
  }
}
