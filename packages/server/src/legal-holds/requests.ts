import { z } from 'zod';

/** What the routes of legal holds have in common. */

/** The parameters of routes about one legal hold. */
export const OfHold = z.object({ id: z.uuid() });
/** The tags of these routes in the API description. */
export const tags = ['Administration'];
/** How requests are authenticated, for the API description. */
/** Part of the description of the routes that require a recent login. */
export const RECENT =
  'Requires a login or a call of `/me/reauthenticate` within the last ten minutes.';
