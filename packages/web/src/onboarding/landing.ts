import type { Me, SetupStep } from '@parley/protocol';

/**
 * Returns where a user who has just come in for the first time is taken: whoever set up the server to the
 * setup guide, others to their first group, which is that of everyone for all but guests; null: they stay.
 *
 * @param steps the steps of the setup guide that are left; null: not known yet
 * @param group the first group of the user
 */
export function landingOf<Id>(
  me: Pick<Me, 'permissions'> & Partial<Pick<Me, 'isTourEnded'>>,
  steps: readonly SetupStep[] | null,
  group: Id | undefined,
): 'setup' | { readonly conversation: Id } | null {
  // What a client of an earlier version has kept on this device does not say it.
  if (me.isTourEnded !== false) return null;
  if (me.permissions.includes('administer') && steps !== null && steps.length > 0) return 'setup';
  return group === undefined ? null : { conversation: group };
}
