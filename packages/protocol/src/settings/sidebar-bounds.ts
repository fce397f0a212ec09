/** The limits of a sidebar, separate from its schemas, so that clients need no validation library. */

/** The sections that every sidebar has. */
export const BUILT_IN_SECTIONS = ['favorites', 'groups', 'direct'] as const;

/** Placements per event, and conversations that are closed or reopened per event. */
export const PLACEMENTS_PER_EVENT = 100;
