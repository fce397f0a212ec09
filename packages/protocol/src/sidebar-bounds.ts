/** What bounds a sidebar. Apart from its schemas: clients need no validation library for it. */

/** The sections that every sidebar has. */
export const BUILT_IN_SECTIONS = ['favorites', 'groups', 'direct'] as const;

/** Placements per event. */
export const PLACEMENTS_PER_EVENT = 100;
