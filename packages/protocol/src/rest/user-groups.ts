import { AccountId, Seq, UserGroupId } from '../base/ids.ts';
import { LIMITS } from '../base/limits.ts';
import { line } from '../base/text.ts';
import { z } from '../base/z.ts';
import { UserGroupName } from './rest.ts';

/** Bodies and responses of user groups: accounts that are mentioned together by one name. */

const UserGroupTitle = line(LIMITS.userGroupTitleMax, 'Title');
const UserGroupMembers = z.array(AccountId).max(LIMITS.userGroupMembers);

/** A user group. `changedSeq`: its last event in the workspace stream. */
export const UserGroup = z
  .object({
    id: UserGroupId,
    name: z.string().meta({ examples: ['designers'] }),
    title: z.string().meta({ examples: ['Design team'] }),
    members: z.array(AccountId),
    changedSeq: Seq,
  })
  .meta({ id: 'UserGroup' });
export type UserGroup = z.infer<typeof UserGroup>;

/** All user groups by name, as of the event `asOf` of the workspace stream. */
export const UserGroupsAnswer = z
  .object({ items: z.array(UserGroup), asOf: Seq })
  .meta({ id: 'UserGroupsAnswer' });
export type UserGroupsAnswer = z.infer<typeof UserGroupsAnswer>;

const EXAMPLE = { name: 'designers', title: 'Design team', members: [] };

/** A new user group. */
export const CreateUserGroupBody = z
  .object({
    name: UserGroupName,
    title: UserGroupTitle,
    members: UserGroupMembers.default([]),
  })
  .meta({ examples: [EXAMPLE] });
export type CreateUserGroupBody = z.input<typeof CreateUserGroupBody>;

/**
 * Missing fields are unchanged. With `changedSeq` the change is rejected if the user group has
 * changed since, so that two admins do not undo each other’s changes.
 */
export const UpdateUserGroupBody = z
  .object({
    name: UserGroupName.optional(),
    title: UserGroupTitle.optional(),
    members: UserGroupMembers.optional(),
    changedSeq: Seq.optional(),
  })
  .refine(({ name, title, members }) => name !== undefined || title !== undefined || members, {
    message: 'Specify at least one field to change',
  })
  .meta({ examples: [{ title: 'Design team' }] });
export type UpdateUserGroupBody = z.input<typeof UpdateUserGroupBody>;
