import { accountProjections } from '../accounts/users/projections.ts';
import { admissionProjections } from '../admission/projections.ts';
import { blockProjections } from '../blocks/projections.ts';
import { conversationProjections } from '../conversations/projections.ts';
import { emojiProjections } from '../emoji/projections.ts';
import { messageProjections } from '../messages/projections.ts';
import { notificationProjections } from '../notifications/projections.ts';
import { personalProjections } from '../personal/projections.ts';
import { settingsProjections } from '../settings/projections.ts';
import { sidebarProjections } from '../sidebar/projections.ts';
import { statusProjections } from '../status/projections.ts';
import type { ProjectionTable } from '../stream/projections.ts';
import { userGroupProjections } from '../user-groups/projections.ts';

/** The projections of all domains: the server applies them, and the doctor replays them. */
export const PROJECTIONS: ProjectionTable = {
  ...accountProjections,
  // Its `user.deleted` also removes the account from user groups.
  ...userGroupProjections,
  ...emojiProjections,
  ...conversationProjections,
  // Its `member.joined` also counts the use of a link.
  ...admissionProjections,
  ...messageProjections,
  ...personalProjections,
  ...blockProjections,
  ...notificationProjections,
  ...settingsProjections,
  ...sidebarProjections,
  ...statusProjections,
  // These only announce what happens in conversations.
  'conversation.joined': 'none',
  'conversation.left': 'none',
  // The row of a report is for admins, and written by its rule.
  'message.reported': 'none',
  'report.resolved': 'none',
  // Public groups are listed from the table of conversations.
  'group.created': 'none',
  'group.updated': 'none',
  'group.deleted': 'none',
};
