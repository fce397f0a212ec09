/** The classes of a link within text. */
export const LINK = 'font-medium text-accent underline-offset-3 hover:underline';
