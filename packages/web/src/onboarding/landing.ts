import type { Me, SetupStep } from '@parley/protocol';

/**
 * Returns where to take a user after the first login: the user who set up the server to the setup
 * guide, others to their first group, which is the default group except for guests; null:
 * nowhere.
 *
 * @param steps the steps of the setup guide that are left; null: not known yet
 * @param group the first group of the user
 */
export function landingOf<Id>(
  me: Pick<Me, 'permissions'> & Partial<Pick<Me, 'isTourEnded'>>,
  steps: readonly SetupStep[] | null,
  group: Id | undefined,
): 'setup' | { readonly conversation: Id } | null {
  // Data stored on this device by an earlier version lacks it.
  if (me.isTourEnded !== false) return null;
  if (me.permissions.includes('administer') && steps !== null && steps.length > 0) return 'setup';
  return group === undefined ? null : { conversation: group };
}
