import type {
  ClientId,
  CreateUserGroupBody,
  UpdateUserGroupBody,
  UserGroup,
  UserGroupId,
  UserGroupsAnswer,
} from '@parley/protocol';
import type { RestSession } from './rest-session.ts';

/** User groups over REST: accounts that are mentioned together by one name. */
export class UserGroupsApi {
  readonly #api: RestSession;

  constructor(api: RestSession) {
    this.#api = api;
  }

  /**
   * Returns all user groups with their members, and the last event of the workspace stream that the
   * list reflects.
   */
  list(): Promise<UserGroupsAnswer> {
    return this.#api.request('GET', '/user-groups');
  }

  /** Creates a user group; for admins. */
  create(body: CreateUserGroupBody, id?: ClientId): Promise<UserGroup> {
    return this.#api.request('POST', '/admin/user-groups', { body, id });
  }

  /**
   * Changes a user group; for admins. With `changedSeq` it is refused (`user_group_changed`) if someone else has
   * changed the group since.
   */
  update(userGroup: UserGroupId, body: UpdateUserGroupBody, id?: ClientId): Promise<UserGroup> {
    return this.#api.request('PATCH', `/admin/user-groups/${userGroup}`, { body, id });
  }

  /** Deletes a user group; for admins. Messages that mention it stay as they are. */
  delete(userGroup: UserGroupId, id?: ClientId): Promise<void> {
    return this.#api.request('DELETE', `/admin/user-groups/${userGroup}`, { id });
  }
}
