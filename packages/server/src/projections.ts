import { conversationProjections } from './conversations/projections.ts';
import { messageProjections } from './messages/projections.ts';
import type { ProjectionTable } from './stream/projections.ts';

/** The projections of all domains, which the server applies and the doctor replays. */
export const PROJECTIONS: ProjectionTable = {
  ...conversationProjections,
  ...messageProjections,
  // Personal streams only announce what happens in conversations.
  'conversation.joined': 'none',
  'conversation.left': 'none',
  // The rules that create and change accounts write the rows: most columns are in no event.
  'user.registered': 'none',
  'user.updated': 'none',
  'user.deactivated': 'none',
  'user.reactivated': 'none',
  'user.role_changed': 'none',
  'user.deleted': 'none',
  // Public groups are listed from the table of conversations.
  'group.created': 'none',
  'group.updated': 'none',
  'group.deleted': 'none',
};
