import type { ActingRole, EventData, MemberAccess, MinimumRoles } from '@parley/protocol';

/**
 * Returns what a member may do in a group since an update of it, if the event says so. Null for
 * events of earlier versions and damaged ones; the client must then ask the server.
 */
export function accessIn(
  { access }: EventData<'conversation.updated'>,
  role: ActingRole,
): (MemberAccess & { readonly minimumRoles: MinimumRoles }) | null {
  const own = (access as Partial<typeof access> | undefined)?.byRole?.[role] as
    | Partial<MemberAccess>
    | undefined;
  const lists = [
    own?.permissions,
    own?.removableRoles,
    own?.messagePermissions?.own,
    own?.messagePermissions?.others,
  ];
  const minimumRoles = access?.minimumRoles;
  if (!minimumRoles?.replyInThreads || !lists.every(Array.isArray)) return null;
  return { minimumRoles: minimumRoles as MinimumRoles, ...(own as MemberAccess) };
}
