/** How a link within text looks. */
export const LINK = 'font-medium text-accent underline-offset-3 hover:underline';
